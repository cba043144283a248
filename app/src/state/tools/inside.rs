//! How the prediction in view came about: which view is open, and what was found.

use protocol::{Finding, Inspection, OcclusionUnit, Token, TokenId};

use crate::state::known_models::ModelId;
use crate::state::number_check::TextInView;

/// A view into the model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum InsideView {
    /// What the model would say after each layer.
    #[default]
    Lens,
    /// Where heads look.
    Attention,
    /// The prediction without parts of its text.
    Occlusion,
    /// What adds to a logit.
    Attribution,
}

impl InsideView {
    pub(crate) const ALL: [InsideView; 4] = [
        InsideView::Lens,
        InsideView::Attention,
        InsideView::Occlusion,
        InsideView::Attribution,
    ];

    /// Its name in the page's elements.
    pub(crate) fn name(self) -> &'static str {
        match self {
            InsideView::Lens => "lens",
            InsideView::Attention => "attention",
            InsideView::Occlusion => "occlusion",
            InsideView::Attribution => "attribution",
        }
    }
}

/// A format of what is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SavedFormat {
    /// The table on screen.
    Csv,
    /// Everything that was found, as the engine's API has it.
    Json,
    /// The picture, as lines and letters.
    Svg,
    /// The picture, as dots.
    Png,
    /// The same, on the clipboard.
    Clipboard,
}

/// Something that the person does inside the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum InsideAction {
    /// Show a view.
    Show(InsideView),
    /// Show the last positions side by side, or the last one in detail.
    ToggleSeveral,
    /// Show one layer's attention, from 1; 0 for all layers.
    SetLayer(usize),
    /// Show one head's attention, from 1; 0 for all heads.
    SetHead(usize),
    /// Show one head of one layer, both from 1.
    SelectHead(usize, usize),
    /// Show the weight of the first token with the others, or set it apart.
    ToggleFirst,
    /// Show one head's weights of all tokens, or all heads' of the last.
    ToggleMatrix,
    /// Compare with one more token of those that can be; none for the next best alone.
    AddRival(Option<TokenId>),
    /// Compare with a token no longer.
    DropRival(TokenId),
    /// Remove parts of another size.
    SetUnit(OcclusionUnit),
    /// Remove the parts, one at a time.
    Occlude,
    /// Stop what is under way.
    Stop,
    /// Save what is shown.
    Save(SavedFormat),
    /// Show the worked example: when does the model know?
    Lesson,
}

/// The most tokens that are compared with: more columns than these are not read.
pub(crate) const MAX_RIVALS: usize = 4;

/// The most answers that are kept.
const MAX_ANSWERS: usize = 8;

/// A question about a prediction, with the text that it follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InsideQuestion {
    pub(crate) text: TextInView,
    pub(crate) inspection: Inspection,
}

/// What was found so far.
#[derive(Clone, Debug)]
pub(crate) struct InsideAnswer {
    pub(crate) question: InsideQuestion,
    pub(crate) findings: Vec<Finding>,
    /// Whether there is nothing more to come.
    pub(crate) ended: bool,
    /// Why it failed, as a sentence.
    pub(crate) problem: Option<String>,
}

/// The state of the tool.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) view: InsideView,
    pub(crate) several: bool,
    /// From 1; 0 for all.
    pub(crate) layer: usize,
    /// From 1; 0 for all.
    pub(crate) head: usize,
    pub(crate) with_first: bool,
    /// Whether one head is shown for all tokens, once a layer and a head are chosen.
    pub(crate) matrix: bool,
    /// The tokens that the person compares with, each with the model that it is of; the one that
    /// was chosen last is the first.
    pub(crate) rivals: Vec<(ModelId, Token)>,
    pub(crate) unit: OcclusionUnit,
    /// Whether the worked example is on.
    pub(crate) lesson: bool,
    answers: Vec<InsideAnswer>,
}

impl Inside {
    /// What was found so far about a question.
    pub(crate) fn answer(&self, question: &InsideQuestion) -> Option<&InsideAnswer> {
        self.answers.iter().find(|answer| answer.question == *question)
    }

    pub(crate) fn answer_mut(
        &mut self,
        question: &InsideQuestion,
    ) -> Option<&mut InsideAnswer> {
        self.answers.iter_mut().find(|answer| answer.question == *question)
    }

    /// Begins to collect what is found about a question. The oldest answer is dropped.
    pub(crate) fn begin(&mut self, question: InsideQuestion) {
        self.answers.retain(|answer| answer.question != question);
        if self.answers.len() >= MAX_ANSWERS {
            self.answers.remove(0);
        }
        let (findings, problem) = (Vec::new(), None);
        self.answers.push(InsideAnswer { question, findings, ended: false, problem });
    }
}

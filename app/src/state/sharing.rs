//! What leaves the page as a session, what came in as one, and the sessions of earlier visits.

use std::rc::Rc;

use protocol::{Distribution, Precision};
use serde::{Deserialize, Serialize};
use sharing::{Expected, Fault, ModelRef};

use super::knobs::Knobs;
use super::text_distribution::{TextDistribution, TextKey};
use super::tools::inside::SavedFormat;
use crate::by_browser::lower_case;

/// A session with the page's own knobs.
pub(crate) type Session = sharing::Session<Knobs>;

/// The state of what is shared and opened.
#[derive(Debug, Default)]
pub(crate) struct Sharing {
    /// The page's address is a link that has not been read yet.
    pub(crate) reads_link: bool,
    /// A session that waits for what it needs: the page's server, or a model.
    pub(crate) waiting: Option<Box<Session>>,
    /// What the session that was opened last has of the distribution in view, until the model
    /// has said its own.
    pub(crate) expected: Option<(TextKey, Expected)>,
    /// What is recorded of the text that a trace ended with, while nothing is computed.
    pub(crate) recorded: Option<TextDistribution>,
    /// The model of that trace.
    pub(crate) recorded_by: Option<ModelRef>,
    /// The kind of figure that is chosen.
    pub(crate) figure: FigureKind,
    /// The sessions of earlier visits, newest first.
    pub(crate) past: Vec<PastSession>,
    /// What they have to contain to be listed.
    pub(crate) filter: String,
}

/// A kind of figure that is made of what is on screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum FigureKind {
    /// The distribution in view.
    #[default]
    Bars,
    /// The running text with its surprisal.
    Text,
    /// All texts of the visit.
    Tree,
    /// Two sides.
    Comparison,
    /// The text that was scored.
    Score,
    /// All tokens of the vocabulary: numbers only.
    Vocabulary,
}

impl FigureKind {
    /// All kinds.
    const ALL: [FigureKind; 6] = [
        FigureKind::Bars,
        FigureKind::Text,
        FigureKind::Tree,
        FigureKind::Comparison,
        FigureKind::Score,
        FigureKind::Vocabulary,
    ];

    /// Its name in the page's elements and in the names of files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            FigureKind::Bars => "bars",
            FigureKind::Text => "text",
            FigureKind::Tree => "tree",
            FigureKind::Comparison => "comparison",
            FigureKind::Score => "score",
            FigureKind::Vocabulary => "vocabulary",
        }
    }

    /// The kind of a name.
    pub(crate) fn named(name: &str) -> Option<FigureKind> {
        FigureKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A session of an earlier visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct PastSession {
    /// The end of its text.
    pub(crate) title: String,
    /// The name of its model.
    pub(crate) model: String,
    /// When it was kept, in milliseconds since 1970.
    pub(crate) saved: f64,
    /// The fragment of its link.
    pub(crate) link: String,
}

/// Something to do with sessions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SharingAction {
    /// Copy a link to what is on screen.
    CopyLink,
    /// Save what is on screen as a trace.
    Save,
    /// Choose a kind of figure.
    SetFigure(FigureKind),
    /// Save the figure, or copy it.
    SaveFigure(SavedFormat),
    /// Open a link, by its fragment.
    OpenLink(String),
    /// Open the trace in a file that the browser has at this address.
    OpenFile(String),
    /// The file was read; none if it could not be.
    FileRead(Option<String>),
    /// The worker has answered; none if it could not be asked.
    Answered(SharedFor, Option<Answer>),
    /// These sessions are kept.
    Past(Vec<PastSession>),
    /// Delete the session of a link.
    Forget(String),
    /// Edit what the listed sessions have to contain.
    EditFilter(String),
    /// Compute again what a trace shows.
    GoLive,
}

/// What the worker answers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Answer {
    /// A link's fragment, or the text of a file.
    Text(String),
    /// A session.
    Session(Box<Session>),
    /// It cannot be done.
    Failed(Fault),
}

/// What a session is made or read for.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SharedFor {
    /// A link to be copied, and kept under this title.
    Copy(Title),
    /// A link to be kept under this title.
    Keep(Title),
    /// A file.
    File,
    /// To be shown.
    Opening,
}

/// By what a session is listed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Title {
    pub(crate) text: String,
    pub(crate) model: String,
}

impl Sharing {
    /// The sessions of earlier visits that are listed.
    pub(crate) fn listed(&self) -> impl Iterator<Item = &PastSession> {
        let wanted = lower_case(self.filter.trim());
        let has = move |text: &str| lower_case(text).contains(&wanted);
        self.past.iter().filter(move |past| has(&past.title) || has(&past.model))
    }

    /// The distribution of the text that a trace ended with, if it follows this.
    pub(crate) fn recorded(&self, key: TextKey) -> Option<&Rc<Distribution>> {
        self.recorded.as_ref()?.following(key)
    }
}

/// What a model is opened by: its hub, if that is not the default one, its name, and its
/// precision. None for files and servers.
pub(crate) fn name_to_open(model: &ModelRef) -> Option<(String, Precision)> {
    let name = match &model.source {
        sharing::Source::Demo => "demo".to_owned(),
        sharing::Source::Hub(name) | sharing::Source::Address(name) => name.clone(),
        sharing::Source::Files | sharing::Source::Server => return None,
    };
    Some((name, model.precision))
}

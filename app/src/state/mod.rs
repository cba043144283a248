//! Everything the page knows. Plain data: no element, no connection, no clock.

mod access_tokens;
mod chat;
mod conversion;
mod draft;
mod engine_link;
mod explorer;
mod fit;
mod in_view;
mod knobs;
mod models;
mod page_query;
mod remembered;
mod requests;
mod saved_chat;
mod text_distribution;
mod tree;
mod web_origin;

use std::rc::Rc;

use protocol::{Distribution, Progress};

pub(crate) use chat::{Chat, ChatReply, ChatToken, Exchange, ReplyToken, Writer};
pub(crate) use draft::Draft;
pub(crate) use engine_link::{
    BackendKind, EngineLink, LastGood, Readiness, Step, Target,
};
pub(crate) use explorer::{Explorer, WhenReady};
pub(crate) use fit::{Alternative, Fit, Verdict};
pub(crate) use in_view::{About, InView};
pub(crate) use knobs::{Knob, Knobs, Scale};
pub(crate) use models::{
    FoundFiles, Models, ServerModels, stored_precision, token_not_sent,
};
pub(crate) use page_query::{AskedBy, HubQuestion, PageQuery};
pub(crate) use remembered::{LastModel, Remembered};
pub(crate) use requests::{DistributionTerms, Purpose, ReplyId, Requests};
pub(crate) use text_distribution::{ModelId, TextDistribution, TextKey};
pub(crate) use tree::{Node, NodeId, TokenChoice, TokenOrigin, VocabularyMatch};
pub(crate) use web_origin::{WebOrigin, host_of, origin_of};

/// The whole state of the page.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) tab: Tab,
    pub(crate) engine: EngineLink,
    pub(crate) requests: Requests,
    pub(crate) knobs: Knobs,
    pub(crate) explorer: Explorer,
    pub(crate) chat: Chat,
    pub(crate) models: Models,
    pub(crate) error: Option<Problem>,
    /// What screen readers are told next; the number makes equal texts distinct.
    pub(crate) announcement: (u32, String),
    /// What everyone is told next, in passing; counted as announcements are.
    pub(crate) short_notice: (u32, String),
    /// What the pointer or the focus is on, whose exact numbers are shown.
    pub(crate) inspected: Option<Inspected>,
    /// The row that the arrow keys are at, from 0.
    pub(crate) selected_row: usize,
    /// How many distributions have been drawn.
    pub(crate) distributions_shown: u32,
    pub(crate) help_open: bool,
    /// The person switched the keys of the explorer off.
    pub(crate) keys_off: bool,
}

impl State {
    /// Whether the explorer goes on sampling by itself.
    pub(crate) fn playing(&self) -> bool {
        self.explorer.paced_play || self.requests.playing()
    }

    /// The text that the explorer's distribution in view follows, as the model at hand
    /// reads it.
    pub(crate) fn text_key(&self) -> Option<TextKey> {
        let (model, tail) = (self.engine.model_id()?, self.explorer.tail()?);
        Some(TextKey { model, tail })
    }

    /// The explorer's distribution in view, if it is there: none of another text or of
    /// another model.
    pub(crate) fn current(&self) -> Option<&Rc<Distribution>> {
        self.explorer.latest.as_ref()?.following(self.text_key()?)
    }

    /// The name of the model that made the running text, where it is not the one at hand.
    pub(crate) fn maker(&self) -> String {
        let model = self.engine.model_id();
        let maker = model.and_then(|model| self.explorer.tree.maker_other_than(model));
        maker.map_or("another model", |maker| self.engine.known_models.name(maker)).into()
    }

    /// How far long work has come, if any is under way.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.engine.progress.as_ref().or_else(|| self.requests.progress())
    }

    /// Whether the distribution in view is on its way.
    pub(crate) fn computing(&self) -> bool {
        self.requests.any(|purpose| {
            matches!(
                purpose,
                Purpose::Tokenize | Purpose::Verify { .. } | Purpose::Distribution(_)
            )
        })
    }

    /// Says something to screen readers.
    pub(crate) fn announce(&mut self, text: impl Into<String>) {
        self.announcement = (self.announcement.0.wrapping_add(1), text.into());
    }

    /// Shows a problem that the person solves by doing something else. One that there is no
    /// model without stays on screen, and the other is told in passing.
    pub(crate) fn show_problem(&mut self, problem: Problem) {
        let graver =
            self.error.as_ref().is_some_and(|error| error.remedy != Remedy::None);
        match graver && !self.engine.is_ready() {
            true => self.notify(problem.message),
            false => self.error = Some(problem),
        }
    }

    /// Says something to everyone, in passing: aloud and on screen.
    pub(crate) fn notify(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.announce(text.clone());
        self.short_notice = (self.short_notice.0.wrapping_add(1), text);
    }
}

/// Which of the two tabs is in front.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize,
)]
pub(crate) enum Tab {
    /// Text grows token by token, by hand.
    #[default]
    Explorer,
    /// A conversation.
    Chat,
}

/// Something that went wrong, as it is told.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) remedy: Remedy,
}

impl Problem {
    /// A problem that the person solves by doing something else.
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), hint: None, remedy: Remedy::None }
    }
}

/// What the page offers to do about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing but to go on.
    None,
    /// Connect and load again.
    Restart,
    /// The same, or the demo model in place of the one that could not be loaded.
    RestartOrDemo,
    /// Let the page read the files of the last visit's model.
    AllowFiles,
    /// Choose these files again.
    ChooseFiles,
}

/// What the exact numbers are shown of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inspected {
    /// A row of the distribution, from 0.
    Row(usize),
    /// A token of the running text, from 0.
    Token(usize),
}

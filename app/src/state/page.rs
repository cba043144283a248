//! The whole state of the page.

use std::rc::Rc;

use protocol::{Distribution, Progress};

use super::chat::Chat;
use super::engine_link::EngineLink;
use super::explorer::Explorer;
use super::knobs::Knobs;
use super::lesson::OpenLesson;
use super::models::Models;
use super::number_check::NumberCheck;
use super::problem::{Problem, Remedy};
use super::requests::{Purpose, Requests};
use super::room::Room;
use super::sampler_card::SamplerCard;
use super::sharing::Sharing;
use super::side_engine::SideEngine;
use super::tab::Tab;
use super::text_distribution::TextKey;
use super::tools::Tool;
use super::tools::branches::Branches;
use super::tools::comparison::Comparison;
use super::tools::draws::Trials;
use super::tools::guess::Guess;
use super::tools::inside::Inside;
use super::tools::scores::Scores;
use super::tools::words::Words;

/// Everything that the page knows.
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
    /// The last text for screen readers. The number makes equal texts distinct.
    pub(crate) announcement: (u32, String),
    /// The last text that is shown for a moment, counted as announcements are.
    pub(crate) short_notice: (u32, String),
    /// The row or token under the pointer or with the focus. Its exact numbers are shown.
    pub(crate) inspected: Option<Inspected>,
    /// The row that the arrow keys have selected, from 0.
    pub(crate) selected_row: usize,
    /// The latest verification, which need not be of the distribution in view.
    pub(crate) number_check: Option<NumberCheck>,
    /// How many distributions have been shown.
    pub(crate) distributions_shown: u32,
    pub(crate) help_open: bool,
    /// The tool that is open beneath the text.
    pub(crate) tool: Option<Tool>,
    pub(crate) words: Words,
    pub(crate) scores: Scores,
    pub(crate) branches: Branches,
    pub(crate) comparison: Comparison,
    pub(crate) side: SideEngine,
    pub(crate) trials: Trials,
    pub(crate) sampler_card: SamplerCard,
    pub(crate) inside: Inside,
    pub(crate) guess: Guess,
    pub(crate) sharing: Sharing,
    /// The lesson that the page begins with: its name, or its address.
    pub(crate) first_lesson: Option<String>,
    /// The lesson that is open.
    pub(crate) lesson: Option<OpenLesson>,
    /// The open tool has the room of the text.
    pub(crate) tool_large: bool,
    pub(crate) room: Room,
    /// The person has switched off the explorer's keys that are single characters.
    pub(crate) keys_off: bool,
}

impl State {
    /// Whether the explorer samples one token after another.
    pub(crate) fn playing(&self) -> bool {
        self.explorer.paced_play || self.requests.playing()
    }

    /// The text that the explorer's distribution follows, as the current model reads it.
    pub(crate) fn text_key(&self) -> Option<TextKey> {
        let (model, tail) = (self.engine.model_id()?, self.explorer.tail()?);
        Some(TextKey { model, tail })
    }

    /// The explorer's distribution. None while it is not computed for the current text by
    /// the current model.
    pub(crate) fn current(&self) -> Option<&Rc<Distribution>> {
        self.explorer.latest.as_ref()?.following(self.text_key()?)
    }

    /// The name of the other model that tokenized the text.
    pub(crate) fn maker(&self) -> String {
        let model = self.engine.model_id();
        let maker = model.and_then(|model| self.explorer.tree.maker_other_than(model));
        maker.map_or("another model", |maker| self.engine.known_models.name(maker)).into()
    }

    /// How far long work has come; none if there is none.
    pub(crate) fn progress(&self) -> Option<&Progress> {
        self.engine.progress.as_ref().or_else(|| self.requests.progress())
    }

    /// Whether the explorer waits for the distribution of its text.
    pub(crate) fn computing(&self) -> bool {
        self.requests.any(|purpose| {
            matches!(
                purpose,
                Purpose::Tokenize | Purpose::Verify { .. } | Purpose::Distribution(_)
            )
        })
    }

    /// The open tool, if the tab has it.
    pub(crate) fn open_tool(&self) -> Option<Tool> {
        self.tool.filter(|tool| tool.in_tab(self.tab))
    }

    /// Says a text to screen readers.
    pub(crate) fn announce(&mut self, text: impl Into<String>) {
        self.announcement = (self.announcement.0.wrapping_add(1), text.into());
    }

    /// Shows a problem. While another problem leaves the page without a model, that one stays
    /// and the new one is shown for a moment only.
    pub(crate) fn show_problem(&mut self, problem: Problem) {
        let is_blocked =
            self.error.as_ref().is_some_and(|error| error.remedy != Remedy::None);
        match is_blocked && !self.engine.is_ready() {
            true => self.notify(problem.message),
            false => self.error = Some(problem),
        }
    }

    /// Shows a text for a moment and says it to screen readers.
    pub(crate) fn notify(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.announce(text.clone());
        self.short_notice = (self.short_notice.0.wrapping_add(1), text);
    }
}

/// The row or token whose exact numbers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inspected {
    /// A row of the distribution, from 0.
    Row(usize),
    /// A token of the running text, from 0.
    Token(usize),
}

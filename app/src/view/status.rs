//! The status line: what is under way, what the last step cost, and how full the context is.

use std::cell::Cell;

use protocol::ModelSource;

use crate::dom::Slot;
use crate::elements::Page;
use crate::state::{BackendKind, Purpose, Readiness, State, Tab, VocabularyMatch};
use crate::texts::status as texts;

/// The status line.
#[derive(Debug)]
pub(super) struct Status {
    line: Slot,
    text: Slot,
    progress: Slot,
    stop: Slot,
    cancel: Slot,
    last_step: Slot,
    notice: Slot,
    shown_notice: Cell<u32>,
    meter: Slot,
    context: Slot,
}

impl Status {
    pub(super) fn new(page: &Page) -> Result<Status, String> {
        Ok(Status {
            line: page.slot("status")?,
            text: page.slot("status-text")?,
            progress: page.slot("progress")?,
            stop: page.slot("status-stop")?,
            cancel: page.slot("status-cancel")?,
            last_step: page.slot("last-step")?,
            notice: page.slot("short-notice")?,
            shown_notice: Cell::default(),
            meter: page.slot("context-meter")?,
            context: page.slot("context")?,
        })
    }

    pub(super) fn render(&self, state: &State) {
        self.text.text(&activity(state));
        let progress = state.progress();
        self.progress.show(progress.is_some());
        if let Some(progress) = progress {
            let share = progress
                .total
                .filter(|total| *total > 0)
                .map(|total| progress.done as f64 / total as f64);
            self.progress.attribute("value", share.map(|s| s.to_string()).as_deref());
        }
        // Anything but loading is stopped by a button elsewhere.
        let opening =
            matches!(state.engine.readiness, Readiness::Connecting | Readiness::Loading);
        self.line.flag("data-loading", opening);
        let loading = progress.is_some() && !state.engine.is_ready() || opening;
        let downloading = matches!(state.engine.source, ModelSource::Hub(_))
            && state.engine.backend == BackendKind::Worker;
        self.stop.show(loading);
        self.stop.text(texts::stop(downloading));
        // Nothing can be deleted before the engine takes requests.
        let connected = state.engine.readiness != Readiness::Connecting;
        self.cancel.show(loading && downloading && connected);
        self.last_step.text(&state.engine.last_step.map(texts::step).unwrap_or_default());
        let (count, text) = &state.short_notice;
        if self.shown_notice.replace(*count) != *count {
            self.notice.text(text);
            // Another value with the same styles starts the fade again.
            let odd = if count.is_multiple_of(2) { "even" } else { "odd" };
            self.notice.attribute("data-shown", Some(odd));
        }
        let used = context(state);
        self.meter.show(used.is_some());
        let share = used.map_or(0.0, |(used, limit)| used as f64 / limit.max(1) as f64);
        self.meter.attribute("value", Some(&format!("{share:.4}")));
        self.context.text(
            &used.map_or_else(String::new, |(used, limit)| texts::context(used, limit)),
        );
    }
}

/// How many tokens the text of the tab has, and how many the model's context holds. None if
/// the tokens are not the model's.
pub(crate) fn context(state: &State) -> Option<(u64, u64)> {
    let limit = state.engine.model.as_ref()?.context_length;
    let model = state.engine.model_id()?;
    let tree = &state.explorer.tree;
    let used = match (state.tab, state.chat.exchanges.last()) {
        (Tab::Explorer, _) => match tree.vocabulary_match(model, usize::MAX) {
            VocabularyMatch::Same => tree.path().len(),
            VocabularyMatch::Unchecked | VocabularyMatch::Different => return None,
        },
        (Tab::Chat, None) => 0,
        (Tab::Chat, Some(exchange)) => {
            let reply = exchange.reply();
            if reply.writer.model != Some(model) {
                return None;
            }
            reply.prompt.len() + reply.tokens.len()
        }
    };
    Some((used as u64, limit.into()))
}

/// What is under way, in a few words.
pub(crate) fn activity(state: &State) -> String {
    if let Some(progress) = state.progress() {
        return texts::progress(progress);
    }
    let open = |purpose: Purpose| state.requests.any(|open| *open == purpose);
    match state.engine.readiness {
        Readiness::Connecting | Readiness::Loading => state.engine.waiting_for(),
        Readiness::Failed => texts::NO_MODEL.into(),
        Readiness::Recorded => crate::texts::sharing::RECORDED.into(),
        Readiness::Ready if state.playing() => texts::PLAYING.into(),
        Readiness::Ready if state.requests.chatting() => texts::WRITING.into(),
        Readiness::Ready if open(Purpose::Tokenize) => texts::READING_PROMPT.into(),
        Readiness::Ready if state.requests.distribution().is_some() => {
            texts::COMPUTING.into()
        }
        Readiness::Ready
            if state
                .requests
                .any(|p| matches!(p, Purpose::VerifyReply(_) | Purpose::Inspect(..))) =>
        {
            texts::COMPUTING.into()
        }
        Readiness::Ready if state.verifying().is_some() => texts::VERIFYING.into(),
        Readiness::Ready if state.requests.busy() => texts::SCORING.into(),
        Readiness::Ready => texts::READY.into(),
    }
}

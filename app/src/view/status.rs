//! The status line: what is under way, what the last step cost, and how full the context is.

use std::cell::Cell;

use protocol::{ModelSource, Phase, Progress};

use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{BackendKind, Purpose, Readiness, State, Step, Tab, VocabularyMatch};

/// The status line.
#[derive(Debug)]
pub(super) struct Status {
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
        let loading = progress.is_some() && !state.engine.is_ready() || opening;
        let downloading = matches!(state.engine.source, ModelSource::Hub(_))
            && state.engine.backend == BackendKind::Worker;
        self.stop.show(loading);
        self.stop.text(if downloading { "Pause" } else { "Stop" });
        // Nothing can be deleted before the engine takes requests.
        let connected = state.engine.readiness != Readiness::Connecting;
        self.cancel.show(loading && downloading && connected);
        self.last_step
            .text(&state.engine.last_step.map(describe_step).unwrap_or_default());
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
        self.context.text(&used.map_or_else(String::new, |(used, limit)| {
            let (used, limit) = (format::count(used), format::count(limit));
            format!("{used} of {limit} tokens of context")
        }));
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
        return describe_progress(progress);
    }
    let open = |purpose: Purpose| state.requests.any(|open| *open == purpose);
    match state.engine.readiness {
        Readiness::Connecting | Readiness::Loading => state.engine.waiting_for(),
        Readiness::Failed => "No model".into(),
        Readiness::Ready if state.playing() => "Playing".into(),
        Readiness::Ready if state.requests.chatting() => "Writing the reply".into(),
        Readiness::Ready if open(Purpose::Tokenize) => "Reading the prompt…".into(),
        Readiness::Ready if state.requests.distribution().is_some() => {
            "Computing…".into()
        }
        Readiness::Ready
            if state
                .requests
                .any(|p| matches!(p, Purpose::VerifyReply(_) | Purpose::Inspect(..))) =>
        {
            "Computing…".into()
        }
        Readiness::Ready if state.verifying().is_some() => "Verifying".into(),
        Readiness::Ready if state.requests.busy() => "Scoring the text…".into(),
        Readiness::Ready => "Ready".into(),
    }
}

fn describe_progress(progress: &Progress) -> String {
    let Progress { phase, done, total, per_second } = *progress;
    let (done, total) = (done as f64, total.map(|total| total as f64));
    let speed = per_second.map(f64::from).filter(|speed| *speed > 0.0);
    let mut text = match (phase, total) {
        (Phase::Download, Some(total)) => {
            format!("Loading {} of {}", format::bytes(done), format::bytes(total))
        }
        (Phase::Download, None) => format!("Loading {}", format::bytes(done)),
        (Phase::Load, Some(total)) => format!("Preparing layer {done} of {total}"),
        (Phase::Load, None) => "Preparing the model".into(),
        (Phase::Prefill, Some(total)) => {
            format!("Prefill: {done} of {total} tokens read")
        }
        (Phase::Verify, Some(total)) => {
            format!("Verifying: {:.0} %", 100.0 * done / total.max(1.0))
        }
        (Phase::Verify, None) => "Verifying".into(),
        (Phase::Prefill, None) => format!("Prefill: {done} tokens read"),
    };
    if let Some(speed) = speed {
        text += &match phase {
            Phase::Download => format!(", {}/s", format::bytes(speed)),
            Phase::Load | Phase::Verify => String::new(),
            Phase::Prefill => format!(", {} tokens/s", format::digits(speed)),
        };
        if let Some(total) = total {
            text += &format!(", {} left", format::time_left((total - done) / speed));
        }
    }
    text
}

/// The cost of a step: its tokens, time and speed.
fn describe_step(step: Step) -> String {
    let describe = |name: &str, tokens: u32, ms: f32| {
        let speed = f64::from(tokens) / (f64::from(ms) / 1000.0);
        let mut text = format!(
            "{name} {} in {}",
            format::counted(tokens.into(), "token"),
            format::duration(ms)
        );
        if speed.is_finite() {
            text += &format!(" · {} tokens/s", format::digits(speed));
        }
        text
    };
    match step {
        Step::Prefill { tokens, ms } => describe("read", tokens, ms),
        Step::Decode { tokens, ms } => describe("decoded", tokens, ms),
        Step::Cached => "cached, nothing to compute".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_says_bytes_speed_and_time_left() {
        let progress = Progress {
            phase: Phase::Download,
            done: 1_200_000,
            total: Some(3_400_000),
            per_second: Some(1_100_000.0),
        };
        assert_eq!(
            describe_progress(&progress),
            "Loading 1.20 MB of 3.40 MB, 1.10 MB/s, 2 s left"
        );
    }

    #[test]
    fn steps_say_what_they_were_and_how_fast() {
        let step = Step::Prefill { tokens: 9, ms: 42.0 };
        assert_eq!(describe_step(step), "read 9 tokens in 42.0 ms · 214 tokens/s");
        assert_eq!(describe_step(Step::Cached), "cached, nothing to compute");
    }
}

//! The line at the bottom: what is being done, what the last step cost, how full the
//! context is.

use protocol::{ModelSource, Phase as Work, Progress};

use crate::dom::Slot;
use crate::elements::Page;
use crate::format;
use crate::state::{BackendKind, Phase, Purpose, State, Step, Tab};

/// The status line.
#[derive(Debug)]
pub(super) struct Status {
    text: Slot,
    progress: Slot,
    stop: Slot,
    cancel: Slot,
    last_step: Slot,
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
            meter: page.slot("context-meter")?,
            context: page.slot("context")?,
        })
    }

    pub(super) fn draw(&self, state: &State) {
        self.text.text(&doing(state));
        let progress = state.engine.progress.as_ref();
        self.progress.show(progress.is_some());
        if let Some(progress) = progress {
            let share = progress
                .total
                .filter(|total| *total > 0)
                .map(|total| progress.done as f64 / total as f64);
            self.progress.attribute("value", share.map(|s| s.to_string()).as_deref());
        }
        // Elsewhere there is a button of its own for it.
        let opening = matches!(state.engine.phase, Phase::Connecting | Phase::Loading);
        let loading = progress.is_some() && !state.engine.is_ready() || opening;
        let downloading = matches!(state.engine.source, ModelSource::Hub(_))
            && state.engine.backend == BackendKind::Worker;
        self.stop.show(loading);
        self.stop.text(if downloading { "Pause" } else { "Stop" });
        self.cancel.show(loading && downloading);
        self.last_step.text(&state.engine.last_step.map(cost).unwrap_or_default());
        self.draw_context(state);
    }

    fn draw_context(&self, state: &State) {
        let limit = state.engine.model.as_ref().map(|model| model.context_length);
        let used = match state.tab {
            Tab::Explorer => state.explorer.tree.path().len(),
            Tab::Chat => state.chat.exchanges.last().map_or(0, |exchange| {
                exchange.prompt.len() + exchange.reply().tokens.len()
            }),
        };
        let share = limit.map_or(0.0, |limit| used as f64 / f64::from(limit.max(1)));
        self.meter.show(limit.is_some());
        self.meter.attribute("value", Some(&format!("{share:.4}")));
        self.context.text(&match limit {
            Some(limit) => format!(
                "{} of {} tokens of context",
                format::count(used as u64),
                format::count(limit.into())
            ),
            None => String::new(),
        });
    }
}

/// What is going on, in a few words.
fn doing(state: &State) -> String {
    if let Some(progress) = &state.engine.progress {
        return told(progress);
    }
    let open = |purpose: Purpose| state.requests.any(|open| *open == purpose);
    match state.engine.phase {
        Phase::Connecting | Phase::Loading => state.engine.waiting_for(),
        Phase::Failed => "No model".into(),
        Phase::Ready if state.playing() => "Playing".into(),
        Phase::Ready if state.requests.chatting() => "Writing the reply".into(),
        Phase::Ready if open(Purpose::Tokenize) => "Reading the prompt…".into(),
        Phase::Ready if state.requests.distribution().is_some() => "Computing…".into(),
        Phase::Ready if state.requests.busy() => "Scoring the text…".into(),
        Phase::Ready => "Ready".into(),
    }
}

fn told(progress: &Progress) -> String {
    let Progress { phase, done, total, per_second } = *progress;
    let (done, total) = (done as f64, total.map(|total| total as f64));
    let speed = per_second.map(f64::from).filter(|speed| *speed > 0.0);
    let mut text = match (phase, total) {
        (Work::Download, Some(total)) => {
            format!("Loading {} of {}", format::bytes(done), format::bytes(total))
        }
        (Work::Download, None) => format!("Loading {}", format::bytes(done)),
        (Work::Load, Some(total)) => format!("Unpacking layer {done} of {total}"),
        (Work::Load, None) => "Unpacking".into(),
        (Work::Prefill, Some(total)) => format!("Prefill: token {done} of {total}"),
        (Work::Prefill, None) => format!("Prefill: token {done}"),
    };
    if let Some(speed) = speed {
        text += &match phase {
            Work::Download => format!(", {}/s", format::bytes(speed)),
            Work::Load => String::new(),
            Work::Prefill => format!(", {} tokens/s", format::digits(speed)),
        };
        if let Some(total) = total {
            text += &format!(", {} left", format::time_left((total - done) / speed));
        }
    }
    text
}

/// What a step cost.
fn cost(step: Step) -> String {
    let told = |name: &str, tokens: u32, ms: f32| {
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
        Step::Prefill { tokens, ms } => told("prefill", tokens, ms),
        Step::Decode { tokens, ms } => told("decode", tokens, ms),
        Step::Cached => "from the cache: no forward pass".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_says_bytes_speed_and_time_left() {
        let progress = Progress {
            phase: Work::Download,
            done: 1_200_000,
            total: Some(3_400_000),
            per_second: Some(1_100_000.0),
        };
        assert_eq!(told(&progress), "Loading 1.20 MB of 3.40 MB, 1.10 MB/s, 2 s left");
    }

    #[test]
    fn steps_say_what_they_were_and_how_fast() {
        let step = Step::Prefill { tokens: 9, ms: 42.0 };
        assert_eq!(cost(step), "prefill 9 tokens in 42.0 ms · 214 tokens/s");
        assert_eq!(cost(Step::Cached), "from the cache: no forward pass");
    }
}

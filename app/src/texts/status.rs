//! The status line: what is under way, and what the last step cost.

use protocol::{Phase, Progress};

use crate::format;
use crate::state::Step;

/// There is no model.
pub(crate) const NO_MODEL: &str = "No model";
/// One token after another is sampled.
pub(crate) const PLAYING: &str = "Playing";
/// A reply is written.
pub(crate) const WRITING: &str = "Writing the reply";
/// The prompt becomes tokens.
pub(crate) const READING_PROMPT: &str = "Reading the prompt…";
/// A distribution is computed.
pub(crate) const COMPUTING: &str = "Computing…";
/// A distribution is computed once more.
pub(crate) const VERIFYING: &str = "Verifying";
/// The surprisal of the text is computed.
pub(crate) const SCORING: &str = "Scoring the text…";
/// Nothing is under way.
pub(crate) const READY: &str = "Ready";

/// How full the model's context is, in tokens.
pub(crate) fn context(used: u64, limit: u64) -> String {
    format!("{} of {} tokens of context", format::count(used), format::count(limit))
}

/// How far long work has come, how fast it is, and how long it will take.
pub(crate) fn progress(progress: &Progress) -> String {
    let Progress { phase, done, total, per_second } = *progress;
    let (done, total) = (done as f64, total.map(|total| total as f64));
    let speed = per_second.map(f64::from).filter(|speed| *speed > 0.0);
    let left = total.zip(speed);
    let left = left.map(|(total, speed)| format::time_left((total - done) / speed));
    match phase {
        Phase::Download => downloading(done, total, speed, left.as_deref()),
        Phase::Load => match total {
            Some(total) => with_time(&format!("Preparing layer {done} of {total}"), left),
            None => "Preparing the model".into(),
        },
        Phase::Verify => match total {
            Some(total) => {
                let percent = 100.0 * done / total.max(1.0);
                with_time(&format!("Verifying: {percent:.0} %"), left)
            }
            None => VERIFYING.into(),
        },
        Phase::Prefill => reading(done, total, speed, left.as_deref()),
    }
}

/// What is under way, with the time that it will take if that is known.
fn with_time(what: &str, left: Option<String>) -> String {
    match left {
        Some(left) => format!("{what}, {left} left"),
        None => what.into(),
    }
}

/// A download, in bytes and bytes per second.
fn downloading(
    done: f64,
    total: Option<f64>,
    speed: Option<f64>,
    left: Option<&str>,
) -> String {
    let done = format::bytes(done);
    let total = total.map(format::bytes);
    let speed = speed.map(format::bytes);
    match (total, speed, left) {
        (Some(total), Some(speed), Some(left)) => {
            format!("Loading {done} of {total}, {speed}/s, {left} left")
        }
        (Some(total), ..) => format!("Loading {done} of {total}"),
        (None, Some(speed), _) => format!("Loading {done}, {speed}/s"),
        (None, None, _) => format!("Loading {done}"),
    }
}

/// The model reads a text, in tokens and tokens per second.
fn reading(
    done: f64,
    total: Option<f64>,
    speed: Option<f64>,
    left: Option<&str>,
) -> String {
    let speed = speed.map(format::digits);
    match (total, speed, left) {
        (Some(total), Some(speed), Some(left)) => {
            format!("Reading: {done} of {total} tokens, {speed} tokens/s, {left} left")
        }
        (Some(total), ..) => format!("Reading: {done} of {total} tokens"),
        (None, Some(speed), _) => format!("Reading: {done} tokens, {speed} tokens/s"),
        (None, None, _) => format!("Reading: {done} tokens"),
    }
}

/// The cost of a step: its tokens, time and speed.
pub(crate) fn step(step: Step) -> String {
    match step {
        Step::Prefill { tokens, ms } => {
            with_speed(&format!("read {}", cost(tokens, ms)), tokens, ms)
        }
        Step::Decode { tokens, ms } => {
            with_speed(&format!("decoded {}", cost(tokens, ms)), tokens, ms)
        }
        Step::Cached => "cached, nothing to compute".into(),
    }
}

fn cost(tokens: u32, ms: f32) -> String {
    format!("{} in {}", format::counted(tokens.into(), "token"), format::duration(ms))
}

fn with_speed(what: &str, tokens: u32, ms: f32) -> String {
    let speed = f64::from(tokens) / (f64::from(ms) / 1000.0);
    match speed.is_finite() {
        true => format!("{what} · {} tokens/s", format::digits(speed)),
        false => what.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loading_says_bytes_speed_and_time_left() {
        let mut loading = Progress {
            phase: Phase::Download,
            done: 1_200_000,
            total: Some(3_400_000),
            per_second: Some(1_100_000.0),
        };
        let said = "Loading 1.20 MB of 3.40 MB, 1.10 MB/s, 2 s left";
        assert_eq!(progress(&loading), said);
        loading.total = None;
        assert_eq!(progress(&loading), "Loading 1.20 MB, 1.10 MB/s");
    }

    #[test]
    fn steps_say_what_they_were_and_how_fast() {
        let read = Step::Prefill { tokens: 9, ms: 42.0 };
        assert_eq!(step(read), "read 9 tokens in 42.0 ms · 214 tokens/s");
        assert_eq!(step(Step::Cached), "cached, nothing to compute");
    }
}

//! The status line: what is under way, and what the last step cost.

use protocol::{Phase, Progress};

pub(crate) use crate::language::table::status::*;

use crate::format;
use crate::language::say;
use crate::language::table::{counts, numbers};
use crate::state::Step;

/// How full the model's context is, in tokens.
pub(crate) fn context(used: u64, limit: u64) -> String {
    say!(CONTEXT, used = format::count(used), tokens = counts::TOKENS.of(limit))
}

/// What stops loading: a download goes on later where it was.
pub(crate) fn stop(downloading: bool) -> &'static str {
    if downloading { PAUSE.get() } else { STOP.get() }
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
            Some(total) => {
                with_time(say!(PREPARING_LAYER, layer = done, layers = total), left)
            }
            None => PREPARING.into(),
        },
        Phase::Verify => match total {
            Some(total) => {
                let percent = format::fixed(100.0 * done / total.max(1.0), 0);
                let percent = format::shown_percent(&percent);
                with_time(say!(VERIFYING_PART, percent = percent), left)
            }
            None => VERIFYING.into(),
        },
        Phase::Prefill => reading(done, total, speed, left.as_deref()),
    }
}

/// What is under way, with the time that it will take if that is known.
fn with_time(what: String, left: Option<String>) -> String {
    match left {
        Some(left) => say!(WITH_TIME, what = what, time = left),
        None => what,
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
    let speed =
        speed.map(|speed| say!(numbers::PER_SECOND, amount = format::bytes(speed)));
    match (total, speed, left) {
        (Some(total), Some(speed), Some(left)) => {
            say!(LOADING_UNTIL, done = done, total = total, speed = speed, time = left)
        }
        (Some(total), ..) => say!(LOADING_OF, done = done, total = total),
        (None, Some(speed), _) => say!(LOADING_AT, done = done, speed = speed),
        (None, None, _) => say!(LOADING, done = done),
    }
}

/// The model reads a text, in tokens and tokens per second.
fn reading(
    done: f64,
    total: Option<f64>,
    speed: Option<f64>,
    left: Option<&str>,
) -> String {
    let tokens = |tokens: f64| counts::TOKENS.of(tokens as u64);
    let speed = speed.map(tokens_per_second);
    match (total, speed, left) {
        (Some(total), Some(speed), Some(left)) => say!(
            READING_UNTIL,
            done = done,
            tokens = tokens(total),
            speed = speed,
            time = left,
        ),
        (Some(total), ..) => say!(READING_OF, done = done, tokens = tokens(total)),
        (None, Some(speed), _) => {
            say!(READING_AT, tokens = tokens(done), speed = speed)
        }
        (None, None, _) => say!(READING, tokens = tokens(done)),
    }
}

fn tokens_per_second(speed: f64) -> String {
    say!(numbers::TOKENS_PER_SECOND, number = format::digits(speed))
}

/// The cost of a step: its tokens, time and speed.
pub(crate) fn step(step: Step) -> String {
    let (said, tokens, ms) = match step {
        Step::Prefill { tokens, ms } => {
            (say!(READ, tokens = count(tokens), time = format::duration(ms)), tokens, ms)
        }
        Step::Decode { tokens, ms } => {
            let time = format::duration(ms);
            (say!(DECODED, tokens = count(tokens), time = time), tokens, ms)
        }
        Step::Cached => return CACHED.into(),
    };
    let speed = f64::from(tokens) / (f64::from(ms) / 1000.0);
    match speed.is_finite() {
        true => format!("{said} · {}", tokens_per_second(speed)),
        false => said,
    }
}

fn count(tokens: u32) -> String {
    counts::TOKENS.of(tokens.into())
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

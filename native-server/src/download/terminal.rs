//! How far a download is, on standard error: a bar on a terminal, lines in a log.

use std::cell::Cell;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{
    DecimalBytes, HumanDuration, ProgressBar, ProgressFinish, ProgressStyle,
};

/// The bar on a terminal.
const TEMPLATE: &str = "{bar:30} {percent:>3}%  {decimal_bytes} of {decimal_total_bytes}, \
                        {decimal_bytes_per_sec}, {eta} left";
/// Between two lines of a log.
const LOG_PAUSE: Duration = Duration::from_secs(10);
/// How long no speed is given at the start.
const WARM_UP: Duration = Duration::from_millis(500);

/// The progress of one download. It is drawn again and again on a terminal; where standard
/// error is none, a line is written from time to time.
#[derive(Debug)]
pub struct ProgressLine {
    bar: ProgressBar,
    logged: Cell<Option<Instant>>,
}

impl Default for ProgressLine {
    fn default() -> Self {
        ProgressLine::new(ProgressBar::no_length())
    }
}

impl ProgressLine {
    fn new(bar: ProgressBar) -> ProgressLine {
        // The template is a constant, which the tests draw.
        let style = ProgressStyle::with_template(TEMPLATE);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("█░"));
        // A download that breaks off leaves what it had come to.
        let bar = bar.with_finish(ProgressFinish::Abandon);
        ProgressLine { bar, logged: Cell::default() }
    }

    /// Says that `done` bytes of `total` are there. Returns the speed, in bytes per second,
    /// once it is known.
    pub fn update(&self, done: u64, total: u64) -> Option<f32> {
        let is_first = self.bar.length().is_none();
        self.bar.set_length(total);
        self.bar.set_position(done);
        if is_first {
            // Bytes that were there before say nothing about the speed.
            self.bar.tick();
            self.bar.reset_eta();
        }
        let speed = (self.bar.elapsed() > WARM_UP).then(|| self.bar.per_sec());
        if done == total {
            self.bar.abandon();
        }
        let logged = self.logged.get();
        if self.bar.is_hidden() && logged.is_none_or(|at| at.elapsed() >= LOG_PAUSE) {
            self.logged.set(Some(Instant::now()));
            // Nobody reads a standard error that is closed.
            let _ = writeln!(io::stderr().lock(), "{}", line(done, total, speed));
        }
        speed.map(|speed| speed as f32)
    }
}

/// A line of a log; the speed is in bytes per second.
fn line(done: u64, total: u64, speed: Option<f64>) -> String {
    let percent = 100.0 * done as f64 / total.max(1) as f64;
    let mut text =
        format!("{percent:>3.0}%  {} of {}", DecimalBytes(done), DecimalBytes(total));
    let left = |speed| total.saturating_sub(done) as f64 / speed;
    if let Some(speed) = speed
        && let Ok(left) = Duration::try_from_secs_f64(left(speed))
    {
        let speed = DecimalBytes(speed as u64);
        text += &format!(", {speed}/s, {:#} left", HumanDuration(left));
    }
    text
}

#[cfg(test)]
mod tests {
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    use super::*;

    #[test]
    fn the_line_says_how_much_how_fast_and_how_long() {
        let line = line(50_000_000, 200_000_000, Some(10_000_000.0));
        assert_eq!(line, " 25%  50.00 MB of 200.00 MB, 10.00 MB/s, 15s left");
    }

    #[test]
    fn a_terminal_gets_a_bar_that_stays_when_the_download_ends() {
        let term = InMemoryTerm::new(5, 100);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let line = ProgressLine::new(ProgressBar::with_draw_target(None, target));
        line.update(50_000_000, 200_000_000);
        let drawn = term.contents();
        assert!(
            drawn.contains("█░░") && drawn.contains(" 25%  50.00 MB of 200.00 MB"),
            "{drawn}"
        );
        line.update(200_000_000, 200_000_000);
        drop(line);
        assert!(term.contents().contains("100%  200.00 MB of 200.00 MB"));
    }

    #[test]
    fn a_download_that_breaks_off_does_not_look_finished() {
        let term = InMemoryTerm::new(5, 100);
        let target = ProgressDrawTarget::term_like(Box::new(term.clone()));
        let line = ProgressLine::new(ProgressBar::with_draw_target(None, target));
        line.update(50, 200);
        drop(line);
        assert!(term.contents().contains(" 25%"), "{}", term.contents());
    }
}

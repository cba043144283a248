//! A line on the terminal that says how far a download is.

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Between two drawings of the line.
const EVERY: Duration = Duration::from_millis(200);
/// Between two lines where there is no terminal, as in a log.
const EVERY_IN_LOG: Duration = Duration::from_secs(10);

/// Draws itself over and over on standard error.
#[derive(Debug)]
pub struct ProgressLine {
    started: Instant,
    /// Bytes that were there at first, which say nothing about the speed.
    first: Cell<Option<u64>>,
    drawn: Cell<Option<Instant>>,
    on_terminal: bool,
}

impl Default for ProgressLine {
    fn default() -> Self {
        ProgressLine {
            started: Instant::now(),
            first: Cell::default(),
            drawn: Cell::default(),
            on_terminal: std::io::stderr().is_terminal(),
        }
    }
}

impl ProgressLine {
    /// Tells of `total` bytes how many are there. Returns the speed, in bytes per second.
    pub fn tell(&self, done: u64, total: u64) -> Option<f32> {
        let first = self.first.get().unwrap_or(done);
        self.first.set(Some(first));
        let seconds = self.started.elapsed().as_secs_f64();
        let speed = (seconds > 0.5).then(|| done.saturating_sub(first) as f64 / seconds);
        let every = if self.on_terminal { EVERY } else { EVERY_IN_LOG };
        let due = self.drawn.get().is_none_or(|drawn| drawn.elapsed() >= every);
        if due || (done == total && self.on_terminal) {
            self.drawn.set(Some(Instant::now()));
            let line = line(done, total, speed);
            let mut error = std::io::stderr().lock();
            // Without a terminal there is nobody to be told.
            let _ = match (self.on_terminal, done == total) {
                (true, false) => write!(error, "\r{line}\x1b[K"),
                (true, true) => writeln!(error, "\r{line}\x1b[K"),
                (false, _) => writeln!(error, "{line}"),
            };
        }
        speed.map(|speed| speed as f32)
    }
}

fn line(done: u64, total: u64, speed: Option<f64>) -> String {
    let mb = |bytes: f64| format!("{:.1} MB", bytes / 1e6);
    let share = done as f64 / total.max(1) as f64;
    let filled = (share * 30.0) as usize;
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(30 - filled.min(30)));
    let mut text = format!(
        "{bar} {:>3.0}%  {} of {}",
        share * 100.0,
        mb(done as f64),
        mb(total as f64)
    );
    if let Some(speed) = speed.filter(|speed| *speed > 0.0) {
        let left = (total.saturating_sub(done)) as f64 / speed;
        text += &format!(", {}/s, {left:.0} s left", mb(speed));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_much_how_fast_and_how_long() {
        let line = line(50_000_000, 200_000_000, Some(10_000_000.0));
        assert!(line.ends_with(" 25%  50.0 MB of 200.0 MB, 10.0 MB/s, 15 s left"));
    }
}

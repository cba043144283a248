//! Steps with their times, the counts of tests that cargo prints, and the tests that did not
//! run.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::skipped::Skipped;

/// A run of numbered steps that ends with a summary.
pub(crate) struct Report {
    started: Instant,
    expected: usize,
    done: Vec<(String, Duration)>,
    tests: Tests,
}

/// What a run says of tests.
pub(crate) struct Tests {
    counts: TestCounts,
    pub(crate) skipped: Skipped,
    /// Those that failed, and passed when they were run again.
    passed_again: Vec<String>,
}

impl Tests {
    /// Takes a line of cargo's output.
    pub(crate) fn see(&mut self, line: &str) {
        self.counts.see(line);
        self.skipped.see(line);
    }

    /// Says of tests whose failures were counted that they passed when they were run again.
    pub(crate) fn pass_again(&mut self, names: &[&str]) {
        self.counts.failed = self.counts.failed.saturating_sub(names.len());
        self.passed_again.extend(names.iter().map(|&name| name.to_owned()));
    }
}

impl Report {
    /// A report on `expected` steps.
    pub(crate) fn new(expected: usize, skipped: Skipped) -> Report {
        let tests =
            Tests { counts: TestCounts::default(), skipped, passed_again: Vec::new() };
        Report { started: Instant::now(), expected, done: Vec::new(), tests }
    }

    /// Announces a step, does it, and prints how long it took.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Tests) -> Result<T>,
    ) -> Result<T> {
        println!("\n[{}/{}] {name}", self.done.len() + 1, self.expected);
        let started = Instant::now();
        let made = work(&mut self.tests)
            .with_context(|| format!("the step \"{name}\" failed"))?;
        let took = started.elapsed();
        println!("      {name}: done in {}", spoken(took));
        self.done.push((name.to_owned(), took));
        Ok(made)
    }

    /// Prints the times, what did not run and why, and one line with the verdict.
    pub(crate) fn finish(mut self, ok: bool) {
        println!("\nSummary");
        for (name, took) in &self.done {
            println!("  {:<44} {:>16}", name, spoken(*took));
        }
        let Tests {
            counts: TestCounts { passed, failed, ignored },
            skipped,
            passed_again,
        } = &mut self.tests;
        skipped.read_file();
        if skipped.count() > 0 {
            println!("\nSkipped: {}", skipped.count());
            skipped.lines().iter().for_each(|line| println!("{line}"));
        }
        if !passed_again.is_empty() {
            println!("\nFailed, and passed when run again: {}", passed_again.len());
            passed_again.iter().for_each(|name| println!("  {name}"));
        }
        let verdict = if ok { "ok" } else { "FAILED" };
        // In the form of cargo's own line, so that programs that read those can read this.
        println!(
            "test result: {verdict}. {passed} passed; {failed} failed; {ignored} ignored; \
             {} of {} steps done in {}",
            self.done.len(),
            self.expected,
            spoken(self.started.elapsed())
        );
    }
}

/// The sum of the `test result` lines of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct TestCounts {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl TestCounts {
    /// Takes a line of cargo's output; only a `test result` line counts.
    fn see(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        self.passed += count_before(result, " passed");
        self.failed += count_before(result, " failed");
        self.ignored += count_before(result, " ignored");
    }
}

/// The number before `word`; 0 if there is none.
fn count_before(text: &str, word: &str) -> usize {
    let before = text.split(word).next().unwrap_or_default();
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// A duration for people: `8.1 s`, `3 min 05 s`.
pub(crate) fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f32()),
        _ => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_test_programs_are_summed_and_other_lines_are_not() {
        let mut counts = TestCounts::default();
        counts.see("running 4 tests");
        counts.see("test passes ... ok");
        counts.see(
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out",
        );
        counts.see("test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured");
        assert_eq!(counts, TestCounts { passed: 4, failed: 2, ignored: 1 });
    }

    #[test]
    fn times_are_spoken_in_seconds_or_minutes() {
        assert_eq!(spoken(Duration::from_millis(8_140)), "8.1 s");
        assert_eq!(spoken(Duration::from_secs(185)), "3 min 05 s");
    }
}

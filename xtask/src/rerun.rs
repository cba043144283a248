//! Tests that fail once and pass when they are run again: a run is not lost to them, and none of
//! them is passed over in silence.

use std::collections::BTreeSet;

/// More failures than this are no coincidence, and would take long once more.
const MOST: usize = 5;

/// The tests of a run that failed, by the names that cargo prints.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    names: BTreeSet<String>,
    /// Test programs that began, less those that came to their end.
    unended: i64,
}

impl Failures {
    /// Takes a line of cargo's output.
    pub(crate) fn see(&mut self, line: &str) {
        let is_begin = line.starts_with("running ")
            && (line.ends_with(" test") || line.ends_with(" tests"));
        self.unended +=
            i64::from(is_begin) - i64::from(line.starts_with("test result: "));
        let name =
            line.strip_prefix("test ").and_then(|line| line.strip_suffix(" ... FAILED"));
        // A test that is expected to panic has more behind its name.
        let name = name.map(|name| name.split(" - should panic").next().unwrap_or(name));
        self.names.extend(name.map(str::to_owned));
    }

    /// What to run again: all that failed, unless it is too much, or a program broke off and
    /// nobody knows what else would have failed.
    pub(crate) fn to_run_again(&self) -> Option<Vec<&str>> {
        let few = (1..=MOST).contains(&self.names.len()) && self.unended == 0;
        few.then(|| self.names.iter().map(String::as_str).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tests_that_failed_are_run_again_by_their_names() {
        let mut failures = Failures::default();
        for line in [
            "running 4 tests",
            "test tls::who_comes ... ok",
            "test tls::pages ... FAILED",
            "test large ... ignored, moves 400 MB",
            "test panics - should panic ... FAILED",
            "test upstream/src/file.rs - file::read_list (line 65) ... FAILED",
            "test result: FAILED. 1 passed; 3 failed; 1 ignored; 0 measured",
        ] {
            failures.see(line);
        }
        let again = failures.to_run_again().unwrap();
        let doc = "upstream/src/file.rs - file::read_list (line 65)";
        assert_eq!(again, ["panics", "tls::pages", doc]);
    }

    #[test]
    fn nothing_is_run_again_when_much_failed_or_a_program_broke_off() {
        assert_eq!(Failures::default().to_run_again(), None);
        let mut broken_off = Failures::default();
        broken_off.see("running 2 tests");
        broken_off.see("test t1 ... FAILED");
        assert_eq!(broken_off.to_run_again(), None);
        let mut failures = Failures::default();
        (0..=MOST).for_each(|test| failures.see(&format!("test t{test} ... FAILED")));
        assert_eq!(failures.to_run_again(), None);
    }
}

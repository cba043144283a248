//! Tests that did not run, and why: those that cargo ignores, and those that say themselves that
//! this machine lacks something (`test-support`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What did not run.
#[derive(Debug, Default)]
pub(crate) struct Skipped {
    /// To which tests append their name and reason.
    file: PathBuf,
    /// Names by reason.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Skipped {
    /// Nothing yet. Tests will append to `file`.
    pub(crate) fn new(file: PathBuf) -> Skipped {
        if let Some(folder) = file.parent() {
            // If it cannot be created, the first test that skips says so.
            fs::create_dir_all(folder).ok();
        }
        // Whatever an earlier run left; mostly there is nothing.
        fs::remove_file(&file).ok();
        Skipped { file, names: BTreeMap::new() }
    }

    /// Tells tests about the file.
    pub(crate) fn name_to(&self, tests: &mut Command) {
        tests.env(test_support::SKIPPED_FILE, &self.file);
    }

    /// Something did not run for this reason.
    pub(crate) fn add(&mut self, name: &str, reason: &str) {
        self.names.entry(reason.to_owned()).or_default().insert(name.to_owned());
    }

    /// Looks for an ignored test in a line of cargo's output.
    pub(crate) fn see(&mut self, line: &str) {
        let Some((name, rest)) =
            line.strip_prefix("test ").and_then(|line| line.split_once(" ... ignored"))
        else {
            return;
        };
        let reason = rest.strip_prefix(", ").unwrap_or("ignored without a reason");
        self.add(name, reason);
    }

    /// Reads what the tests wrote so far.
    pub(crate) fn read_file(&mut self) {
        // No test skipped if there is none.
        let text = fs::read_to_string(&self.file).unwrap_or_default();
        for line in text.lines() {
            let mut parts = line.splitn(3, '\t');
            let (program, test) = (parts.next(), parts.next());
            if let (Some(program), Some(test), Some(reason)) =
                (program, test, parts.next())
            {
                self.add(&format!("{program}: {test}"), reason);
            }
        }
    }

    /// How many did not run.
    pub(crate) fn count(&self) -> usize {
        self.names.values().map(BTreeSet::len).sum()
    }

    /// One line for each reason, and one for each name below.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (reason, names) in &self.names {
            lines.push(format!("  {reason}"));
            lines.extend(names.iter().map(|name| format!("    {name}")));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tests_and_those_that_skip_are_listed_by_their_reasons() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("skipped.txt");
        fs::write(&file, "suite\tof an earlier run\tno data\n").unwrap();
        let mut skipped = Skipped::new(file.clone());
        skipped.read_file();
        assert_eq!(skipped.count(), 0);

        fs::write(&file, "suite\ta::b\tno data\nsuite\tc\tno data\n").unwrap();
        skipped.read_file();
        skipped.see("test passes ... ok");
        skipped.see("test large ... ignored, moves 400 MB");
        assert_eq!(skipped.count(), 3);
        assert_eq!(
            skipped.lines(),
            [
                "  moves 400 MB",
                "    large",
                "  no data",
                "    suite: a::b",
                "    suite: c"
            ]
        );
    }
}

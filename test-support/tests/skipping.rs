//! What becomes of tests that cannot run: each of these runs a test of this file in a process
//! of its own, with other variables.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::Path;
use std::process::{Command, Output};

/// Marks the process of [`lacks_something`], which is no test by itself.
const CHILD: &str = "TEST_SUPPORT_CHILD";

#[test]
fn lacks_something() {
    match std::env::var(CHILD).as_deref() {
        Ok("missing") => test_support::missing("a program is missing"),
        Ok("skip") => test_support::skip("one core has no second thread"),
        Ok("data") => assert_eq!(test_support::data("no/such/file"), None),
        _ => {}
    }
}

fn run(child: &str, file: &Path, require_all: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lacks_something"])
        .env(CHILD, child)
        .env(test_support::SKIPPED_FILE, file)
        .env(test_support::REQUIRE_ALL, require_all)
        .env_remove("CI")
        .output()
        .unwrap()
}

#[test]
fn a_skipped_test_passes_and_is_written_down_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skipped.txt");
    for (child, require_all) in [("missing", "0"), ("skip", "1")] {
        assert!(run(child, &file, require_all).status.success(), "{child}");
    }
    let skipped = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        skipped,
        "skipping\tlacks_something\ta program is missing\n\
         skipping\tlacks_something\tone core has no second thread\n"
    );
}

#[test]
fn where_all_is_required_what_is_missing_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skipped.txt");
    for child in ["missing", "data"] {
        let output = run(child, &file, "1");
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("missing"), "{said}");
    }
    assert!(!file.exists());
}

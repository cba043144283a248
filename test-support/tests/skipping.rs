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
    run_with_data(child, file, require_all, None)
}

fn run_with_data(
    child: &str,
    file: &Path,
    require_all: &str,
    data: Option<&Path>,
) -> Output {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "lacks_something"])
        .env(CHILD, child)
        .env(test_support::SKIPPED_FILE, file)
        .env(test_support::REQUIRE_ALL, require_all)
        .env_remove("NEXTTOKEN_TEST_DATA")
        .env_remove("CI");
    if let Some(folder) = data {
        command.env("NEXTTOKEN_TEST_DATA", folder);
    }
    command.output().unwrap()
}

#[test]
fn a_skipped_test_passes_and_is_written_down_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skipped.txt");
    // Test data that no variable names cannot be required.
    for (child, require_all) in [("missing", "0"), ("skip", "1"), ("data", "1")] {
        assert!(run(child, &file, require_all).status.success(), "{child}");
    }
    let skipped = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = skipped.lines().collect();
    assert_eq!(lines.len(), 3, "{skipped}");
    assert_eq!(lines[0], "skipping\tlacks_something\ta program is missing");
    assert_eq!(lines[1], "skipping\tlacks_something\tone core has no second thread");
    assert!(lines[2].ends_with("no/such/file is missing"), "{skipped}");
}

#[test]
fn where_all_is_required_what_is_missing_is_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("skipped.txt");
    for (child, data) in [("missing", None), ("data", Some(folder.path()))] {
        let output = run_with_data(child, &file, "1", data);
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("missing"), "{said}");
    }
    assert!(!file.exists());
}

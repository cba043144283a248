//! How a test says that it cannot run on this machine, so that nobody takes it for passed.
//!
//! A test that lacks something returns early and counts as passed. Before it does, it calls
//! [`missing`] or [`skip`]: `cargo xtask test` lists at its end who did, and why. Where
//! [`REQUIRE_ALL`] is set, something that can be installed may not be missing.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Names the environment variable with the file to which skipped tests are appended: a line
/// for each, with the test's program, its name and the reason, separated by tabs.
pub const SKIPPED_FILE: &str = "NEXTTOKEN_TEST_SKIPPED_FILE";

/// Names the environment variable that makes [`missing`] a failure if it is `1`. `CI=true`, as
/// most services for continuous integration set it, has the same effect.
pub const REQUIRE_ALL: &str = "NEXTTOKEN_TEST_REQUIRE_ALL";

/// Says that this test lacks something that can be installed. The test then has to return.
///
/// # Panics
/// If all must be there ([`REQUIRE_ALL`]).
pub fn missing(what: &str) {
    assert!(!requires_all(), "{what}, and {REQUIRE_ALL} is set");
    skip(what);
}

/// Says that this machine cannot run this test, and nothing that could be installed would
/// change that. The test then has to return.
///
/// # Panics
/// If the file named by [`SKIPPED_FILE`] cannot be written.
#[expect(clippy::print_stderr, reason = "it is for whoever runs the tests")]
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    eprintln!("skipped: {test}: {reason}");
    if let Some(file) = std::env::var_os(SKIPPED_FILE) {
        let line = format!("{}\t{test}\t{reason}\n", program());
        let opened = OpenOptions::new().create(true).append(true).open(&file);
        opened
            .and_then(|mut file| file.write_all(line.as_bytes()))
            .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&file).display()));
    }
}

/// Whether all that can be installed must be there ([`REQUIRE_ALL`]).
pub fn requires_all() -> bool {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|set| set == value);
    is(REQUIRE_ALL, "1") || is("CI", "true")
}

/// The name of this test program, without the hash that cargo appends.
fn program() -> String {
    let file = std::env::current_exe().unwrap_or_default();
    let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    match name.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 => name.to_owned(),
        _ => name,
    }
}

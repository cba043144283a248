//! Test data that is not part of the repository.

use std::path::{Path, PathBuf};

use crate::skipped::{missing, skip};

/// Names the environment variable with the folder of the test data.
const TEST_DATA: &str = "NEXTTOKEN_TEST_DATA";

/// A file or folder of the test data, which lies beside the repository or where
/// `NEXTTOKEN_TEST_DATA` points. If it is not there, that is said, and the test has to
/// return. Only where the variable names the folder is the data something that all tests
/// can require ([`REQUIRE_ALL`](crate::REQUIRE_ALL)): it cannot be installed.
///
/// # Panics
/// If the variable is set, the file is not there, and all must be there.
pub fn data(path: &str) -> Option<PathBuf> {
    let named = std::env::var_os(TEST_DATA).map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let file = named.clone().unwrap_or_else(beside).join(path);
    if file.exists() {
        return Some(file);
    }
    let reason = format!("the test data {} is missing", file.display());
    match named {
        Some(_) => missing(&reason),
        None => skip(&reason),
    }
    None
}

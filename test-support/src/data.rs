//! Test data that is not part of the repository.

use std::path::{Path, PathBuf};

/// A file or folder of the test data, which lies beside the project or where
/// `NEXTTOKEN_TEST_DATA` points. None if it is not there; then the test is to be skipped,
/// which is said. Where `CI=true`, that is a failure.
///
/// # Panics
/// If the data is missing where `CI=true`.
pub fn data(path: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("NEXTTOKEN_TEST_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
    };
    let path = folder.join(path);
    if path.exists() {
        return Some(path);
    }
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(!ci, "the test data {} is missing", path.display());
    println!("skipped: the test data {} is missing", path.display());
    None
}

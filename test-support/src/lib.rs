//! What the tests of several crates share: how a test says that it cannot run here, test
//! data, a real model, seeded damage, small GGUF files, bounds on memory and time.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod data;
mod gguf_file;
mod limited;
mod random;
mod real_model;
mod skipped;

pub use data::data;
pub use gguf_file::GgufFile;
pub use limited::limited;
pub use random::Random;
pub use real_model::{
    REAL_MODEL, REAL_MODEL_FILE, REAL_MODEL_PACKAGE, REAL_MODEL_SHA256, real_model,
    real_model_place,
};
pub use skipped::{REQUIRE_ALL, SKIPPED_FILE, missing, requires_all, skip};

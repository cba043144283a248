//! What the tests of several crates share: how a test says that it cannot run here, test
//! data, seeded damage, small GGUF files, bounds on memory and time.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod data;
mod gguf_file;
mod limited;
mod random;
mod skipped;

pub use data::data;
pub use gguf_file::GgufFile;
pub use limited::limited;
pub use random::Random;
pub use skipped::{REQUIRE_ALL, SKIPPED_FILE, missing, requires_all, skip};

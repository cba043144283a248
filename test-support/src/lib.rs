//! What the tests of several crates share.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "it is said what was skipped")]

mod data;
mod gguf_file;
mod limited;
mod random;

pub use data::data;
pub use gguf_file::GgufFile;
pub use limited::limited;
pub use random::Random;

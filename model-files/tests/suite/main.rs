//! Headers and configurations against published ones, and against damage.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// Published configurations of every family.
mod configs;
/// Headers of GGUF files.
mod gguf;

//! GGUF headers and configurations: published ones, and damaged ones.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// Published configurations of every family.
mod configs;
/// Headers of GGUF files.
mod gguf;

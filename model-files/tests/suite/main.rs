//! GGUF headers and configurations: published ones, and damaged ones.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

/// The values of blocks of every format.
mod blocks;
/// Published configurations of every family.
mod configs;
mod expert_configs;
mod gemma3n;
/// Headers of GGUF files.
mod gguf;
mod rwkv;

//! The engine against other programs' numbers, and against damage.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

/// What a model's template and control tokens come to when it is loaded.
mod chat_loading;
/// What the tests share: tiny models.
mod common;
/// Damaged models.
mod damage;
/// The model that ships with the site.
mod demo;
/// Files beside the weights as Python writes them, and as people leave them.
mod files_beside;
/// What GGUF files are that hold no model that runs, and what to do then.
mod gguf_kinds;
/// Weights that were kept as they lie in memory.
mod packed;
/// Requests to the engine, and its answers.
mod requests;
/// A real trained checkpoint against a float64 reference.
mod stories;

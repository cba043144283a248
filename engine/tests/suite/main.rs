//! The engine against other programs' numbers, and against damage.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

/// The decoder of every architecture against transformers.
mod architectures;
/// Chat templates.
mod chat;
/// What the tests share: data, tiny models, seeded damage.
mod common;
/// Published configurations of every family.
mod configs;
/// Damaged models.
mod damage;
/// The model that ships with the site.
mod demo;
/// Files beside the weights as Python writes them, and as people leave them.
mod files_beside;
/// The fused decoder against the plain one.
mod fused;
/// Headers of GGUF files.
mod gguf;
/// What GGUF files are that hold no model that runs, and what to do then.
mod gguf_kinds;
/// Models in GGUF files.
mod gguf_models;
/// Weights that were kept as they lie in memory.
mod packed;
/// Requests to the engine, and its answers.
mod requests;
/// A real trained checkpoint against a float64 reference.
mod stories;
/// Tokenizers.
mod tokenizer;

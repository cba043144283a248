//! The engine against the results of other programs, and with damaged files.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "the measured values are of interest")]

/// Chat templates and control tokens of loaded models.
mod chat_loading;
/// Tiny models for all tests.
mod common;
/// Damaged files.
mod damage;
/// The model that ships with the site.
mod demo;
/// Files beside the weights as Python writes them, broken ones included.
mod files_beside;
/// Number formats of GGUF files.
mod formats;
/// Gemma 3n, and what cannot be asked of it.
mod gemma3n;
/// GGUF files that are not a supported model.
mod gguf_kinds;
/// Weights that were stored as they are in memory.
mod packed;
/// What is found inside of a real model.
mod real_inside;
/// A real model against transformers.
mod real_model;
/// Requests to the engine and its replies.
mod requests;
/// RWKV-7 with its own list of tokens.
mod rwkv;
/// A real trained checkpoint against a float64 reference.
mod stored;
mod stories;
/// Models under names that are not known.
mod unknown_names;

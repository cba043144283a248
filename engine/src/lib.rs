//! Models, weights, tokenizer, chat template, distribution, sampler and session.
//!
//! The crate is synchronous and has no I/O of its own: it receives bytes, a device and a
//! clock, and never fetches anything. [`Session`] is one model with the sequence it has
//! read; [`Engine`] is a queue of the protocol's requests over a session.

pub mod chat;
pub mod config;
pub mod decoder;
pub mod distribution;
mod error;
pub mod fused;
pub mod gguf;
mod jobs;
mod long_texts;
mod model;
pub mod python_json;
mod room;
mod session;
pub mod tokenizer;
pub mod weights;

pub use candle_core::Device;

pub use error::{EngineError, Result};
pub use jobs::{Clock, Engine, Limits, Stats};
pub use model::{LanguageModel, Part};
pub use session::{LoadOptions, ModelFiles, Session, Weights};
pub use weights::{Bytes, ModelFile, PackedSink};

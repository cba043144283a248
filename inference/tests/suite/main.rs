//! Decoders against the logits of other programs.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "the measured differences are of interest")]

/// The decoder of every architecture against transformers.
mod architectures;
/// What the models of the catalogue need.
mod catalogue;
/// Many draws, and sweeps.
mod draws;
/// The fused decoder against candle in f32.
mod fused;
/// Gemma 3n as its files are published.
mod gemma3n;
/// Models in GGUF files.
mod gguf_models;
/// What is found inside of a model.
mod inside;
/// Texts that do not fit in memory.
mod memory;
/// The models of several tests.
mod models;
/// The candle decoder against the models of candle-transformers.
mod peer_models;
/// A real model against transformers.
mod real_model;
/// Logits that are computed once more, block by block.
mod reference;

/// The sampler against transformers and against f64.
mod sampler;
/// The steps of the sampler in f64.
mod sampler_reference;

/// Starts a thread.
fn on_a_thread(body: Box<dyn FnOnce() + Send>) -> bool {
    std::thread::Builder::new().spawn(body).is_ok()
}

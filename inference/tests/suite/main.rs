//! Decoders against other programs' numbers.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(clippy::print_stdout, reason = "numbers that people want to see")]

/// The decoder of every architecture against transformers.
mod architectures;
/// The fused decoder against the candle decoder.
mod fused;
/// Models in GGUF files.
mod gguf_models;
/// Texts that memory has no room for.
mod memory;
/// The candle decoder against the models of candle-transformers.
mod peer_models;

/// Runs a body on a thread of its own.
fn on_a_thread(body: Box<dyn FnOnce() + Send>) -> bool {
    std::thread::Builder::new().spawn(body).is_ok()
}

//! The logits after a text, computed once more by candle in f32 from the weights of any
//! decoder: what its own logits are held against.
//!
//! The model is not loaded again. One block at a time is in memory in f32, without its experts,
//! of which there is one at a time, and it is run
//! by the layers of [`candle_decoder`](crate::candle_decoder), without any cache of the
//! decoder that is checked.

mod ends;
mod evaluation;
mod experts;
mod layer_reader;
mod streams;

pub use evaluation::ReferenceLogits;

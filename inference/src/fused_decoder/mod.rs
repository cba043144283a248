//! The decoder of all families for CPUs: the same computation as
//! [`candle_decoder`](crate::candle_decoder), which is its reference, on packed matrices
//! with fused kernels. A whole pass runs inside one [`Team::run`](kernels::Team::run),
//! with a barrier between steps.
//!
//! T new positions, H hidden width, V vocabulary.

mod adopt;
mod attend;
mod block;
mod buffers;
mod convolution;
mod decoder;
mod expert_products;
mod experts;
mod forward;
mod inputs;
mod keep;
mod latent;
mod layers;
mod load;
mod pass;
mod project;
mod recurrence;
mod rotate;
mod sequence;
mod shift;
mod state;
mod stream_buffers;
mod stream_ends;
mod streams;
mod tap;
mod thread_choice;
mod thread_tuner;
mod weights;

pub use decoder::{DecoderOptions, FusedDecoder, MAX_HEAD_DIM};

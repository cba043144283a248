//! One decoder for all families, on plain candle operations, for every device; the
//! reference of [`fused_decoder`](crate::fused_decoder).
//!
//! Weights may be in f32, in 16 bits or packed. The residual stream, norms, rotation,
//! attention and logits are in f32 whatever the weights are: rounded to bf16, logits
//! would be off by up to a sixteenth.

mod attention;
mod cache;
mod convolution;
mod decoder;
mod embed;
mod feed_forward;
mod head;
mod language_model;
mod latent;
mod layer;
mod linear;
mod mask;
mod mlp;
mod norm;
mod recurrence;
mod scores;
mod streams;
mod tap;
mod weights;

pub(crate) use cache::{LayerCache, capacity};
pub use decoder::CandleDecoder;
pub(crate) use head::{finish_logits, projected};
pub(crate) use layer::Layer;
pub(crate) use mask::{causal_mask, linear_bias};
pub(crate) use mlp::Mlp;
pub(crate) use norm::Norm;
pub(crate) use scores::Span;
pub(crate) use streams::Inputs;

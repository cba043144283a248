//! Attention of the query heads that share a key/value head over its cache, chunk by chunk.

mod attend;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
mod by_blocks;
mod dot_products;
mod floats;
mod integers;
mod partial;
pub(crate) mod plain;
mod score_scaling;
mod scratch;
mod softmax;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

pub(crate) use attend::attend;
pub(crate) use dot_products::DotProducts;
pub use partial::SOFTMAX_STATS;
pub use score_scaling::{LinearBias, ScoreScaling};
pub use scratch::AttentionScratch;
pub(crate) use softmax::combine;

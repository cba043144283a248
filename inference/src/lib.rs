//! From token ids to logits, and from logits to a distribution.
//!
//! Two decoders run every architecture: [`CandleDecoder`](candle_decoder::CandleDecoder)
//! on candle's tensors, for GPUs and for 32 and 16 bits, and
//! [`FusedDecoder`](fused_decoder::FusedDecoder) over this project's kernels, for 8 and 4
//! bits on CPUs. The first is the reference of the second; [`mod@reference`] runs it over the
//! weights of any model, block by block.

pub mod candle_decoder;
pub mod distribution;
mod error;
pub mod fused_decoder;
pub mod inside;
mod language_model;
mod logits;
mod long_rope;
mod model_weights;
mod recurrence;
pub mod reference;
mod replay;
mod rope;
mod routing;
mod taps;

pub use error::{InferenceError, Result};
pub use language_model::{LanguageModel, Part};
pub use logits::Logits;
pub use model_weights::{MatrixNumbers, ModelWeights};
pub use taps::{TappedHeads, Taps};

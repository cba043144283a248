//! The errors of building and running a model.

use kernels::OutOfMemory;
use model_files::ModelFileError;

/// A result with an [`InferenceError`].
pub type Result<T> = std::result::Result<T, InferenceError>;

/// Why a model cannot be built or cannot compute.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The model's files cannot be used.
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    /// The caches, buffers or logits of a text do not fit in memory.
    #[error("There is not enough memory for so long a text.")]
    OutOfMemory(#[from] OutOfMemory),
    /// There is no memory for a second computation of the logits.
    #[error("There is not enough memory to compute these numbers once more in f32.")]
    NoRoomToVerify,
    /// The model produced NaN or infinity.
    #[error("The model produced a value that is not a number; its weights are damaged.")]
    NonFiniteLogits,
    /// Logits were needed of tokens of which an engine elsewhere has told nothing.
    #[error("The engine elsewhere tells only of the most probable tokens.")]
    NotListed,
    /// A candle operation failed.
    #[error("The computation failed.")]
    Compute(#[from] candle_core::Error),
}

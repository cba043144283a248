//! What can go wrong while a model computes.

use kernels::OutOfMemory;
use model_files::ModelFileError;

/// The result of a model's computations.
pub type Result<T> = std::result::Result<T, InferenceError>;

/// Why a model cannot be made or cannot compute.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// The model's files cannot be used.
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    /// There is no memory for a text.
    #[error("There is not enough memory for so long a text.")]
    OutOfMemory(#[from] OutOfMemory),
    /// The model produced NaN or infinity.
    #[error("The model produced a value that is not a number; its weights are damaged.")]
    NonFiniteLogits,
    /// A fault in the numeric library.
    #[error("The computation failed.")]
    Compute(#[from] candle_core::Error),
}

//! What can be wrong with a model's files.

use crate::family::SUPPORTED;
use crate::gguf::GgufError;

/// The result of reading a model's files.
pub type Result<T> = std::result::Result<T, ModelFileError>;

/// Why a model's files cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// The GGUF file is damaged or of a kind that is not supported.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// The safetensors file is damaged.
    #[error("The safetensors file is damaged: {0}.")]
    Safetensors(#[from] safetensors::SafeTensorError),
    /// A configuration that is missing something or contradicts itself.
    #[error("The model's configuration is not usable: {0}.")]
    Config(String),
    /// Weights that are stored quantised, in a way of another program's.
    #[error("The model's weights are quantised by {method}, which is not supported.")]
    Quantised {
        /// The method's name in the configuration.
        method: String,
    },
    /// A tensor of numbers that are not read here.
    #[error(
        "The tensor {name} has the number format {format}, which is not supported; F32, \
         F16 and BF16 are."
    )]
    NumberFormat {
        /// The tensor.
        name: String,
        /// The format's name.
        format: String,
    },
    /// An architecture that does not run here.
    #[error("The architecture {name:?} is not supported; these are: {}.", SUPPORTED.join(", "))]
    UnsupportedArchitecture {
        /// Its name in the configuration.
        name: String,
    },
    /// A weight that is missing or has the wrong shape.
    #[error("The model's weights are not usable: {0}.")]
    Weights(String),
    /// A file that cannot be read where it lies.
    #[error("The model's file cannot be read: {0}.")]
    File(String),
    /// There is no memory for a part of the model.
    #[error("There is not enough memory for this model.")]
    OutOfMemory,
    /// A fault in the numeric library.
    #[error("The computation failed.")]
    Compute(#[from] candle_core::Error),
}

/// What is wrong with a configuration.
pub(crate) fn invalid_config(what: impl Into<String>) -> ModelFileError {
    ModelFileError::Config(what.into())
}

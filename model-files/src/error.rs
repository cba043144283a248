//! The errors of a model's files.

use crate::family::SUPPORTED;
use crate::gguf::GgufError;

/// A result with a [`ModelFileError`].
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
    /// The weights are quantised by another program's method.
    #[error("The model's weights are quantised by {method}, which is not supported.")]
    Quantised {
        /// The method's name in the configuration.
        method: String,
    },
    /// A tensor in a number format that is not supported.
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
    /// An architecture that is not supported.
    #[error(
        "The architecture {name:?} is not supported{}; these are: {}.",
        why_not(name),
        SUPPORTED.join(", ")
    )]
    UnsupportedArchitecture {
        /// Its name in the configuration.
        name: String,
    },
    /// An architecture that is not known, and whose files are like a known one's but for
    /// something.
    #[error(
        "The model calls itself {name:?}, which is not known here. Its files look like a \
         Llama's, but {what}, so they are not read as such."
    )]
    Unlike {
        /// Its name in the configuration.
        name: String,
        /// What is different.
        what: String,
    },
    /// Weights and configuration that do not belong together: a tensor is missing or has
    /// another shape.
    #[error("The model's weights do not fit its configuration: {0}.")]
    Mismatch(String),
    /// Files that are not a whole model that predicts tokens.
    #[error("The model's files are {is}.")]
    NotAModel {
        /// What they are.
        is: &'static str,
    },
    /// A weight that cannot be read.
    #[error("The model's weights are not usable: {0}.")]
    Weights(String),
    /// A file that cannot be read; the reason, for people.
    #[error("The model's file cannot be read: {0}.")]
    File(String),
    /// A part of the model does not fit in memory.
    #[error("There is not enough memory for this model.")]
    OutOfMemory,
    /// A candle operation failed.
    #[error("The computation failed.")]
    Compute(#[from] candle_core::Error),
}

/// A configuration error; `what` is wrong with it.
pub(crate) fn invalid_config(what: impl Into<String>) -> ModelFileError {
    ModelFileError::Config(what.into())
}

/// Why an architecture that people ask for is not supported, to be put into a sentence.
fn why_not(name: &str) -> &'static str {
    match name {
        "rwkv5" | "rwkv6" | "rwkv6qwen2" | "arwkv7" => {
            " (of RWKV, only versions 4 and 7 are)"
        }
        "gemma4" | "gemma4_text" => " (its layers have inputs of their own)",
        _ => "",
    }
}

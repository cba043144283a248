//! The errors of a tokenizer.

use model_files::gguf::GgufError;

/// Why a tokenizer cannot be loaded, or a text cannot be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenizerError {
    /// The file is not JSON, or not a tokenizer.
    #[error("tokenizer.json is damaged: {0}.")]
    Json(#[from] serde_json::Error),
    /// The tokenizer's metadata in a GGUF file is missing or has a wrong type.
    #[error(transparent)]
    Gguf(#[from] GgufError),
    /// A kind of tokenizer, or of one of its parts, that is not supported.
    #[error("The tokenizer's {part} {kind:?} is not supported.")]
    Unsupported {
        /// The part.
        part: &'static str,
        /// The kind's name in the file.
        kind: String,
    },
    /// The parts contradict each other.
    #[error("The tokenizer is damaged: {0}.")]
    Inconsistent(String),
    /// The tokenizer library refuses a part or a text.
    #[error("The tokenizer is not usable: {0}.")]
    Library(#[from] tokenizers::Error),
}

impl TokenizerError {
    pub(super) fn inconsistent(problem: impl Into<String>) -> Self {
        TokenizerError::Inconsistent(problem.into())
    }
}

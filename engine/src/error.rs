//! What can go wrong in the engine, and how each kind is told to a person.

use kernels::NoRoom;
use protocol::{ErrorCode, Failure, InvalidSetting};

use crate::chat::ChatError;
use crate::config::SUPPORTED;
use crate::gguf::GgufError;
use crate::tokenizer::TokenizerError;

/// The result of engine functions.
pub type Result<T> = std::result::Result<T, EngineError>;

/// An error of the engine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// There are no tokens to continue.
    #[error("There is nothing to continue.")]
    EmptyPrompt,
    /// The sequence does not fit in the model's context.
    #[error("The text is {tokens} tokens long; this model can take at most {limit}.")]
    PromptTooLong {
        /// Tokens in the sequence.
        tokens: usize,
        /// Tokens that fit.
        limit: usize,
    },
    /// More text than any request may carry.
    #[error("The text is {bytes} bytes long; at most {limit} are taken.")]
    TextTooLong {
        /// Bytes in the request.
        bytes: usize,
        /// Bytes that are taken.
        limit: usize,
    },
    /// A token id that the model does not have.
    #[error("Token id {id} does not exist: this model has {vocab_size} tokens.")]
    InvalidToken {
        /// The id.
        id: u32,
        /// Ids are below this.
        vocab_size: usize,
    },
    /// A sampler setting out of its range.
    #[error("{name} is {value}; it can be {range}.", name = .0.name, value = .0.value, range = .0.range)]
    InvalidSetting(InvalidSetting),
    /// A limit of the request out of its range.
    #[error("{name} is {value}; it can be {least} to {most}.")]
    InvalidLimit {
        /// The field's name.
        name: &'static str,
        /// What was given.
        value: usize,
        /// The least that can be given.
        least: usize,
        /// The most that can be given.
        most: usize,
    },
    /// A command that this engine cannot carry out.
    #[error("{0}")]
    Unsupported(String),
    /// No model is loaded.
    #[error("No model is loaded yet.")]
    NoModel,
    /// Too many requests wait.
    #[error("Too many requests are waiting ({waiting}).")]
    Busy {
        /// How many wait.
        waiting: usize,
    },
    /// The model is a base model.
    #[error("{model} is a base model: it has no chat template.")]
    NoChatTemplate {
        /// The model's name.
        model: String,
    },
    /// The model has a chat template that cannot be used; it can do all else.
    #[error("{model} cannot chat. {reason}")]
    BrokenChatTemplate {
        /// The model's name.
        model: String,
        /// What is wrong with the template, a sentence.
        reason: String,
    },
    /// The chat template fails on the messages or refuses them.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The tokenizer is damaged or of a kind that is not supported.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
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
    /// A tensor of numbers that the engine does not read.
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
    /// A text with a token that the tokenizer has and the model has not.
    #[error("The text has the token {token:?}, for which this model has no embedding.")]
    NoEmbedding {
        /// The token's text.
        token: String,
    },
    /// An architecture that the engine does not run.
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
    /// There is no room for a part of the model.
    #[error("There is not enough memory for this model.")]
    OutOfMemory,
    /// There is no room for a text.
    #[error("There is not enough memory for so long a text.")]
    NoRoom(#[from] NoRoom),
    /// The model produced NaN or infinity.
    #[error("The model produced a value that is not a number; its weights are damaged.")]
    NonFiniteLogits,
    /// A fault in the numeric library.
    #[error("The computation failed.")]
    Compute(#[from] candle_core::Error),
}

impl EngineError {
    /// The error as it is told to a person.
    pub fn failure(&self) -> Failure {
        let (code, hint) = self.code_and_hint();
        Failure { code, message: self.to_string(), hint: hint.map(str::to_owned) }
    }

    fn code_and_hint(&self) -> (ErrorCode, Option<&'static str>) {
        use EngineError as E;
        match self {
            E::EmptyPrompt => {
                (ErrorCode::EmptyPrompt, Some("Type some text, then press Start."))
            }
            E::PromptTooLong { .. } => (
                ErrorCode::PromptTooLong,
                Some(
                    "Shorten the text, clear the chat, or choose a model with a longer context.",
                ),
            ),
            E::TextTooLong { .. } => {
                (ErrorCode::PromptTooLong, Some("Shorten the text."))
            }
            E::InvalidToken { .. } => (
                ErrorCode::InvalidToken,
                Some(
                    "Start again with this model: ids of another model mean other tokens.",
                ),
            ),
            E::InvalidSetting(_) | E::InvalidLimit { .. } => {
                (ErrorCode::InvalidSettings, None)
            }
            E::Unsupported(_) => (ErrorCode::Unsupported, None),
            E::NoModel => (ErrorCode::NoModel, Some("Choose a model first.")),
            E::Busy { .. } => (ErrorCode::Busy, Some("Wait a moment and try again.")),
            E::NoChatTemplate { .. } => (
                ErrorCode::NoChatTemplate,
                Some("Use the Token Explorer with it, or choose an instruct model."),
            ),
            E::BrokenChatTemplate { .. } => (
                ErrorCode::NoChatTemplate,
                Some(
                    "Use the Token Explorer with it, choose another model, or mend its chat template.",
                ),
            ),
            E::Chat(_) => (
                ErrorCode::ChatTemplate,
                Some("Change or clear the conversation, or choose another model."),
            ),
            E::Config(_) | E::UnsupportedArchitecture { .. } => {
                (ErrorCode::UnsupportedModel, Some("Choose another model."))
            }
            E::Quantised { .. } | E::NumberFormat { .. } => (
                ErrorCode::UnsupportedModel,
                Some("Take the model that it was made of, or a GGUF file of it."),
            ),
            E::NoEmbedding { .. } => (
                ErrorCode::InvalidToken,
                Some("Leave it out of the text, or choose another model."),
            ),
            E::Tokenizer(TokenizerError::Unsupported { .. }) => (
                ErrorCode::UnsupportedModel,
                Some("Choose a model with another tokenizer."),
            ),
            E::Gguf(GgufError::NotGguf) => (
                ErrorCode::InvalidModelFile,
                Some("Choose a GGUF file; if it is named as one, download it again."),
            ),
            E::Gguf(error) | E::Tokenizer(TokenizerError::Gguf(error))
                if error.advice().is_some() =>
            {
                (ErrorCode::UnsupportedModel, error.advice())
            }
            E::Tokenizer(_)
            | E::Gguf(_)
            | E::Safetensors(_)
            | E::Weights(_)
            | E::NonFiniteLogits => (
                ErrorCode::InvalidModelFile,
                Some("Download the model's files again, or choose another model."),
            ),
            E::File(_) => (
                ErrorCode::InvalidModelFile,
                Some("Try again; if it happens again, choose the model anew."),
            ),
            E::OutOfMemory => (
                ErrorCode::OutOfMemory,
                Some(
                    "Choose 4 bits or a smaller model, or close other programs and tabs.",
                ),
            ),
            E::NoRoom(_) => (
                ErrorCode::OutOfMemory,
                Some(
                    "Shorten the text, close other programs and tabs, or choose 4 bits or \
                     a smaller model.",
                ),
            ),
            E::Compute(_) => (
                ErrorCode::Internal,
                Some("Try again; if it happens again, choose a smaller model."),
            ),
        }
    }
}

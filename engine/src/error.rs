//! The errors of the engine.

use inference::InferenceError;
use kernels::OutOfMemory;
use model_files::ModelFileError;
use protocol::{Failure, InvalidSetting};
use text::allowed::PatternError;
use text::chat::ChatError;
use text::tokenizer::TokenizerError;

/// A result with an [`EngineError`].
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
    /// The text is longer than any request may be.
    #[error("The text is {bytes} bytes long; at most {limit} are taken.")]
    TextTooLong {
        /// Bytes in the request.
        bytes: usize,
        /// The most bytes of a request.
        limit: usize,
    },
    /// A text to look up has too many tokens.
    #[error("The text to look up is {tokens} tokens long; it can have at most {limit}.")]
    WordTooLong {
        /// Tokens of the text.
        tokens: usize,
        /// The most that are looked up.
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
        /// The value in the request.
        value: usize,
        /// The least allowed value.
        least: usize,
        /// The greatest allowed value.
        most: usize,
    },
    /// The allowed pattern cannot be used.
    #[error(transparent)]
    Pattern(#[from] PatternError),
    /// The sampler's settings cut every token.
    #[error("No token is left to draw: the sampler's settings cut all of them.")]
    NothingToDraw,
    /// A command that this engine does not support; holds the whole sentence.
    #[error("{0}")]
    Unsupported(String),
    /// The answer of an engine elsewhere has not come yet. The request goes on; no client
    /// sees this.
    #[error("The engine elsewhere has not answered yet.")]
    Awaited,
    /// An engine elsewhere cannot be asked, or its answer cannot be used.
    #[error("{}", .0.message)]
    Elsewhere(Failure),
    /// No model is loaded.
    #[error("No model is loaded yet.")]
    NoModel,
    /// Too many requests wait.
    #[error("Too many requests are waiting ({waiting}).")]
    Busy {
        /// The number of waiting requests.
        waiting: usize,
    },
    /// The model is a base model.
    #[error("{model} is a base model: it has no chat template.")]
    NoChatTemplate {
        /// The model's name.
        model: String,
    },
    /// The model's chat template cannot be used; everything but chat works.
    #[error("{model} cannot chat. {reason}")]
    BrokenChatTemplate {
        /// The model's name.
        model: String,
        /// A sentence that says what is wrong with the template.
        reason: String,
    },
    /// The chat template fails on the messages or refuses them.
    #[error(transparent)]
    Chat(#[from] ChatError),
    /// The tokenizer is damaged or of a kind that is not supported.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The model's files cannot be used.
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    /// The model cannot compute.
    #[error(transparent)]
    Inference(InferenceError),
    /// A text does not fit in memory.
    #[error(transparent)]
    OutOfMemory(#[from] OutOfMemory),
    /// The text contains a token for which the model has no embedding.
    #[error("The text has the token {token:?}, for which this model has no embedding.")]
    NoEmbedding {
        /// The token's text.
        token: String,
    },
}

impl From<InferenceError> for EngineError {
    /// Maps errors of a model's files and of memory to the engine's own variants.
    fn from(error: InferenceError) -> EngineError {
        match error {
            InferenceError::ModelFile(error) => EngineError::ModelFile(error),
            InferenceError::OutOfMemory(error) => EngineError::OutOfMemory(error),
            error => EngineError::Inference(error),
        }
    }
}

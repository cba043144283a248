//! Errors as a person reads them.

use serde::{Deserialize, Serialize};

/// A failed request: a code for programs, a sentence for a person, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which kind of error.
    pub code: ErrorCode,
    /// What went wrong, in a sentence.
    pub message: String,
    /// What the person can do about it.
    #[serde(default)]
    pub hint: Option<String>,
}

/// The kinds of errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// There are no tokens to continue.
    EmptyPrompt,
    /// More tokens than the model's context holds.
    PromptTooLong,
    /// A token id outside of the vocabulary.
    InvalidToken,
    /// A setting or limit out of its range.
    InvalidSettings,
    /// The sampler's settings leave no token to draw after this text.
    NothingToDraw,
    /// A message that is not a known command.
    InvalidRequest,
    /// No model is loaded.
    NoModel,
    /// The model is still being loaded.
    Loading,
    /// The model has no chat template, as base models do not, or a broken one.
    NoChatTemplate,
    /// The chat template refused the conversation or failed on it.
    ChatTemplate,
    /// An architecture that the engine does not run.
    UnsupportedModel,
    /// A model file that is damaged, cut short, or not what its name says.
    InvalidModelFile,
    /// A file could not be fetched.
    Network,
    /// A model that should be in storage is no longer there.
    NotStored,
    /// Not enough memory.
    OutOfMemory,
    /// Not possible with this backend.
    Unsupported,
    /// Too many requests are waiting.
    Busy,
    /// A bug in this program.
    Internal,
}

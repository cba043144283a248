//! What can go wrong between messages and the model's text.

use std::error::Error;

use minijinja::ErrorKind;

/// Why a conversation cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The template does not take these messages; it says why itself.
    #[error("The model's chat template does not take this conversation: {message}")]
    Refused {
        /// The template's own words.
        message: String,
    },
    /// The template is not one that the engine can read.
    #[error("The model's chat template cannot be read: {0}.")]
    Syntax(#[source] minijinja::Error),
    /// The template failed on these messages.
    #[error("The model's chat template failed: {0}.")]
    Rendering(#[source] minijinja::Error),
    /// The template did more work than any template needs.
    #[error("The model's chat template does too much work.")]
    TooMuchWork,
    /// More text than a template has.
    #[error(
        "The model's chat template is {bytes} bytes long; at most {limit} are taken."
    )]
    TooLong {
        /// Its length.
        bytes: usize,
        /// What is taken.
        limit: usize,
    },
    /// `tokenizer_config.json` is not JSON, or no object.
    #[error("tokenizer_config.json is damaged: {0}.")]
    TokenizerConfig(#[from] serde_json::Error),
    /// What is in the template's place is no template.
    #[error(
        "chat_template in tokenizer_config.json is no text, nor a map of names to texts."
    )]
    NoTemplate,
    /// There are several templates to choose from.
    #[error(
        "tokenizer_config.json has several chat templates, of which none is named default."
    )]
    NoDefault,
    /// The messages hold every character that could mark control tokens as text.
    #[error(
        "The conversation holds all of Unicode's noncharacters, which no text needs."
    )]
    Noncharacters,
}

impl ChatError {
    /// An error of compiling a template.
    pub(super) fn syntax(error: minijinja::Error) -> ChatError {
        ChatError::Syntax(error)
    }

    /// An error of rendering, told apart by its cause.
    pub(super) fn rendering(error: minijinja::Error) -> ChatError {
        if error.kind() == ErrorKind::OutOfFuel {
            return ChatError::TooMuchWork;
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            if let Some(Refusal(message)) = error.downcast_ref() {
                return ChatError::Refused { message: message.clone() };
            }
            cause = error.source();
        }
        ChatError::Rendering(error)
    }
}

/// What a template says with `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(pub(super) String);

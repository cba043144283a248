//! The errors of reading and rendering chat templates.

use std::error::Error;

use minijinja::ErrorKind;

/// Why a conversation cannot be rendered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChatError {
    /// The template refuses these messages with `raise_exception`.
    #[error("The model's chat template does not take this conversation: {message}")]
    Refused {
        /// The template's own message.
        message: String,
    },
    /// The template cannot be compiled.
    #[error("The model's chat template cannot be read: {0}.")]
    Syntax(#[source] minijinja::Error),
    /// The template failed on these messages.
    #[error("The model's chat template failed: {0}.")]
    Rendering(#[source] minijinja::Error),
    /// The template used up its fuel.
    #[error("The model's chat template does too much work.")]
    TooMuchWork,
    /// The template's source is too long.
    #[error(
        "The model's chat template is {bytes} bytes long; at most {limit} are taken."
    )]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The greatest length.
        limit: usize,
    },
    /// `tokenizer_config.json` is not JSON or not an object.
    #[error("tokenizer_config.json is damaged: {0}.")]
    TokenizerConfig(#[from] serde_json::Error),
    /// The field `chat_template` is not a template.
    #[error(
        "chat_template in tokenizer_config.json is no text, nor a map of names to texts."
    )]
    NoTemplate,
    /// There are several templates, and none is the default.
    #[error(
        "tokenizer_config.json has several chat templates, of which none is named default."
    )]
    NoDefault,
    /// The template does not render the end of the message that is to be continued.
    #[error("The model's chat template leaves out the message that is to be continued.")]
    NotContinued,
    /// A variable has a name that stands for something else.
    #[error("The variable {name} of the chat template cannot be set.")]
    TakenVariable {
        /// Its name.
        name: String,
    },
    /// There is too much in the variables, or it is nested too deep.
    #[error(
        "The chat template's variables are more than {limit} bytes, or nested too deep."
    )]
    TooManyVariables {
        /// The most bytes.
        limit: usize,
    },
    /// A variable has text of a special token.
    #[error("The variable {name} of the chat template holds text of a special token.")]
    SpecialInVariable {
        /// Its name.
        name: String,
    },
    /// The messages contain every character that could mark control tokens as text.
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

    /// An error of rendering, classified by its cause.
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

/// The message of a template's `raise_exception`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Refusal(pub(super) String);

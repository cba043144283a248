//! What went wrong, and what the page offers to do about it.

use protocol::{ErrorCode, Failure};

/// A problem as the page shows it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    pub(crate) remedy: Remedy,
}

/// What the page offers to do about a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing. The person solves the problem by doing something else.
    None,
    /// Connect and load again.
    Restart,
    /// The same, or load the demo model instead of the one that could not be loaded.
    RestartOrDemo,
    /// Let the page read the files of the last visit's model.
    AllowFiles,
    /// Choose these files again.
    ChooseFiles,
}

impl Problem {
    /// A problem without a hint or a remedy.
    pub(crate) fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), hint: None, remedy: Remedy::None }
    }

    /// A problem with a sentence on what to do about it.
    pub(crate) fn with_hint(
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Problem {
        Problem { hint: Some(hint.into()), ..Problem::new(message) }
    }
}

impl From<Failure> for Problem {
    /// A failed request. Without a model, loading again is offered.
    fn from(failure: Failure) -> Problem {
        let remedy = match failure.code {
            ErrorCode::NoModel => Remedy::Restart,
            _ => Remedy::None,
        };
        Problem { message: failure.message, hint: failure.hint, remedy }
    }
}

//! What dialogues consist of.

/// What a person says, and the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is asked.
    pub question: String,
    /// What is to be learned.
    pub answer: String,
}

impl Turn {
    pub(super) fn new(question: impl Into<String>, answer: impl Into<String>) -> Turn {
        Turn { question: question.into(), answer: answer.into() }
    }
}

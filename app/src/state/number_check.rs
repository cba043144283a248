//! The result of verifying a distribution, with the text that it is of.

use protocol::{TokenId, Verification};

use super::known_models::ModelId;

/// The text that the distribution in view follows, as one model reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TextInView {
    pub(crate) model: ModelId,
    pub(crate) ids: Vec<TokenId>,
}

/// The result of a verification, with the text that it is of.
#[derive(Debug)]
pub(crate) struct NumberCheck {
    text: TextInView,
    verification: Verification,
}

impl NumberCheck {
    /// The result for a text.
    pub(crate) fn new(text: TextInView, verification: Verification) -> NumberCheck {
        NumberCheck { text, verification }
    }

    /// The result, if this is the text that it is of.
    pub(crate) fn of(&self, text: &TextInView) -> Option<&Verification> {
        (self.text == *text).then_some(&self.verification)
    }
}

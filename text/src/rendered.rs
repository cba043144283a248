//! The text that a chat template rendered.

use std::borrow::Cow;

/// A rendered conversation. It tells the control tokens that the template wrote from a
/// message's text that only looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    marked: String,
    /// The character inside each text that is not a control token although it looks like
    /// one.
    marker: Option<char>,
}

impl Rendered {
    /// A text with `marker` inside of what is no control token.
    pub(super) fn new(marked: String, marker: Option<char>) -> Rendered {
        Rendered { marked, marker }
    }

    /// Removes these characters.
    pub(super) fn without(mut self, characters: &[char]) -> Rendered {
        self.marked = self.marked.replace(characters, "");
        self
    }

    /// The text that the model reads, without markers.
    pub fn text(&self) -> Cow<'_, str> {
        match self.marker {
            Some(marker) => Cow::Owned(self.marked.replace(marker, "")),
            None => Cow::Borrowed(&self.marked),
        }
    }

    /// The text with its markers.
    pub(crate) fn marked(&self) -> &str {
        &self.marked
    }

    /// The marker; `None` if the text has none.
    pub(crate) fn marker(&self) -> Option<char> {
        self.marker
    }
}

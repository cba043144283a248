//! The text that a template made.

use std::borrow::Cow;

/// A rendered conversation: text in which it is known which control tokens the template
/// wrote and which are a person's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    marked: String,
    /// Stands inside what is not a control token although it reads like one.
    marker: Option<char>,
}

impl Rendered {
    /// Text in which `marker` stands inside of what is no control token.
    pub(super) fn new(marked: String, marker: Option<char>) -> Rendered {
        Rendered { marked, marker }
    }

    /// The same without these characters.
    pub(super) fn without(mut self, characters: &[char]) -> Rendered {
        self.marked = self.marked.replace(characters, "");
        self
    }

    /// The text as the model is to read it.
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

    /// The marker, if the text has any.
    pub(crate) fn marker(&self) -> Option<char> {
        self.marker
    }
}

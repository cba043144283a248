//! Sentences about words that the person asks about.

use protocol::WordForm;

/// Nothing was typed yet.
pub(crate) const HINT: &str =
    "Type a word to see how likely it is here. Watched words follow every step.";
/// The text is not read yet.
pub(crate) const NO_TEXT: &str = "Press Start first: words are looked up after a text.";
/// The numbers are on their way.
pub(crate) const COMPUTING: &str = "Looking up…";

/// A word is watched now.
pub(crate) fn watched(word: &str) -> String {
    format!("Watching “{word}”.")
}

/// A word is not watched any more.
pub(crate) fn unwatched(word: &str) -> String {
    format!("No longer watching “{word}”.")
}

/// There are as many watched words as there can be.
pub(crate) fn too_many(most: usize) -> String {
    format!("{most} words are watched, which is the most. Remove one first.")
}

/// How a word was read.
pub(crate) fn form(form: WordForm) -> &'static str {
    match form {
        WordForm::AsTyped => "as typed",
        WordForm::WithSpace => "with a space",
        WordForm::SpecialTokens => "special token",
    }
}

/// The label of the button that appends a word.
pub(crate) fn append(word: &str) -> String {
    format!("Append {word}")
}

/// The label of the button that removes a word from the list.
pub(crate) fn unwatch(word: &str) -> String {
    format!("Stop watching {word}")
}

//! Sentences about words that the person asks about.

use protocol::WordForm;

pub(crate) use crate::language::table::words::*;

use crate::language::say;

/// A word is watched now.
pub(crate) fn watched(word: &str) -> String {
    say!(WATCHED, word = word)
}

/// A word is not watched any more.
pub(crate) fn unwatched(word: &str) -> String {
    say!(UNWATCHED, word = word)
}

/// There are as many watched words as there can be.
pub(crate) fn too_many(most: usize) -> String {
    say!(TOO_MANY, number = most)
}

/// How a word was read.
pub(crate) fn form(form: WordForm) -> &'static str {
    match form {
        WordForm::AsTyped => AS_TYPED.get(),
        WordForm::WithSpace => WITH_SPACE.get(),
        WordForm::SpecialTokens => SPECIAL_TOKEN.get(),
    }
}

/// The label of the button that appends a word.
pub(crate) fn append(word: &str) -> String {
    say!(APPEND, word = word)
}

/// The label of the button that removes a word from the list.
pub(crate) fn unwatch(word: &str) -> String {
    say!(UNWATCH, word = word)
}

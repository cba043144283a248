//! Words that the person asks about: what was typed, what is watched, and what is known of
//! them.

use protocol::{SamplerSettings, Word, limits};

use crate::state::text_distribution::TextKey;

/// The most words that are watched: one more can be typed.
pub(crate) const MAX_WATCHED: usize = limits::MAX_LOOKED_UP - 1;

/// Something that the person does with words.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum WordsAction {
    /// Open the tool and go to its box.
    Open,
    /// Edit the word in the box.
    Edit(String),
    /// Keep the word in the box at every step.
    Watch,
    /// Watch a word no longer, by the index of its text among those that were asked about.
    Unwatch(usize),
    /// Append a word, by its index among those found.
    Append(usize),
}

/// What a request for words was about.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LookUpTerms {
    pub(crate) text: TextKey,
    pub(crate) settings: SamplerSettings,
    /// Those that are watched, then the typed one.
    pub(crate) texts: Vec<String>,
}

/// The words of the page.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// What is typed.
    pub(crate) query: String,
    /// What is kept at every step, oldest first.
    pub(crate) watched: Vec<String>,
    /// What was asked last, whether or not it was answered.
    pub(crate) asked: Option<LookUpTerms>,
    /// What is known, and for which question.
    pub(crate) found: Option<(LookUpTerms, Vec<Word>)>,
    /// Why the last question was not answered.
    pub(crate) problem: Option<String>,
}

impl Words {
    /// The texts to ask about.
    pub(crate) fn texts(&self) -> Vec<String> {
        let typed = Some(&self.query).filter(|query| {
            !query.is_empty() && !self.watched.iter().any(|watched| watched == *query)
        });
        self.watched.iter().chain(typed).cloned().collect()
    }

    /// Takes what is known of a word; it replaces what was known of it.
    pub(crate) fn take(&mut self, terms: LookUpTerms, word: Word) {
        match &mut self.found {
            Some((known, words)) if *known == terms => {
                let same =
                    |old: &&mut Word| (old.text, old.form) == (word.text, word.form);
                match words.iter_mut().find(same) {
                    Some(old) => *old = word,
                    None => words.push(word),
                }
            }
            _ => self.found = Some((terms, vec![word])),
        }
    }
}

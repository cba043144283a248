//! What the model makes of words that a person asks about.

use serde::{Deserialize, Serialize};

use crate::{Candidate, Timings};

/// How a typed text is read as the continuation of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WordForm {
    /// As it was typed.
    AsTyped,
    /// With a space before it: to most models another token than without.
    WithSpace,
    /// With the names of special tokens in it read as these tokens.
    SpecialTokens,
}

/// A text that a person asked about, in one of its forms, as the continuation of the ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Word {
    /// The index of the text in the request.
    pub text: u32,
    /// How it was read.
    pub form: WordForm,
    /// How many tokens it has.
    pub length: u32,
    /// Its tokens so far, each with its numbers after the ids and the tokens before it. All
    /// `length` of them once it is complete.
    pub tokens: Vec<Candidate>,
    /// ln of the product of the `probability` of these tokens, computed in 64 bits.
    pub log_probability: f64,
}

impl Word {
    /// Whether the numbers of all its tokens are there.
    pub fn is_complete(&self) -> bool {
        self.tokens.len() == self.length as usize
    }
}

/// All words of a request, complete.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Words {
    /// In the order of the texts, each in all its forms. A form with the same tokens as an
    /// earlier one of the same text is left out.
    pub words: Vec<Word>,
    /// What this answer cost.
    pub timings: Timings,
}

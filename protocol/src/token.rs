//! Tokens and their scores.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::limits::MAX_PROBABILITY;

/// An index into the model's vocabulary.
pub type TokenId = u32;

/// A token: its id identifies it, and its bytes are what it adds to the text. What people
/// read is a view of the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Token {
    /// Index into the vocabulary.
    pub id: TokenId,
    /// What the token adds to the text; may be part of a UTF-8 character. For a special
    /// token, its name, such as `<|im_end|>`.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<u8>"))]
    pub bytes: Vec<u8>,
    /// The bytes with white space made visible; see [`display_text`](crate::display_text).
    pub text: String,
    /// A control token, which stands for no text.
    #[serde(default)]
    pub special: bool,
}

impl Token {
    /// A token whose `text` is made from its bytes.
    pub fn new(id: TokenId, bytes: Vec<u8>, special: bool) -> Token {
        let text = crate::display_text(&bytes);
        Token { id, bytes, text, special }
    }
}

/// One token of a scored text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScoredToken {
    /// The token.
    pub token: Token,
    /// Its score; none for the first token, which has no context.
    pub score: Option<TokenScore>,
    /// The most probable token at its place, if that is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Token>,
}

/// How the model predicted a token of a text, at temperature 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenScore {
    /// Probability under the model, 0 to 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
    /// 1 for the most probable token.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub rank: u32,
    /// −log₂ of the probability, in bits.
    pub surprisal_bits: f32,
    /// Entropy of the distribution that the token came from, in bits.
    pub entropy_bits: f32,
    /// Probability of the most probable token of that distribution.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub best_probability: f32,
    /// By how much that is above the probability of the second.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub margin: f32,
    /// Whether all of these are as the model has them. Where an engine elsewhere tells of the
    /// most probable tokens alone, the entropy is the least that it can be, and so is the
    /// rank, unless the engine tells it.
    #[serde(default = "exact")]
    #[cfg_attr(feature = "schema", schemars(required))]
    pub exact: bool,
}

/// What engines told before there were others.
pub(crate) fn exact() -> bool {
    true
}

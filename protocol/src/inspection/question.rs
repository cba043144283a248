//! What can be asked about how a prediction came about.

use serde::{Deserialize, Serialize};

use crate::TokenId;
use crate::limits::DEFAULT_LENS_CANDIDATES;

/// A question about how the model came to predict the token that follows a sequence.
///
/// Layers and heads are counted from 0. The *query* is the last token of the sequence: the
/// prediction is made of what the model has worked out there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Inspection {
    /// The raw logit lens (nostalgebraist, 2020): the residual stream after the embedding
    /// and after each layer, through the last norm and the output head. Found: a `lens`
    /// for each position, in order.
    Lens {
        /// How many positions, the last ones of the sequence; 1 to
        /// [`MAX_LENS_POSITIONS`](crate::limits::MAX_LENS_POSITIONS).
        #[serde(default = "one")]
        positions: u32,
        /// How many of the most probable tokens to list after each layer, 1 to
        /// [`MAX_LENS_CANDIDATES`](crate::limits::MAX_LENS_CANDIDATES).
        #[serde(default = "default_lens_candidates")]
        candidates: u32,
        /// Tokens to follow through the layers beside the one that is most probable in the
        /// end; at most [`MAX_FOLLOWED`](crate::limits::MAX_FOLLOWED).
        #[serde(default)]
        follow: Vec<TokenId>,
    },
    /// The attention weights of the query on every token, by layer and head. Found: one
    /// `attention`.
    Attention {
        /// One layer; all if there is none. All layers and heads may have
        /// [`MAX_ATTENTION_WEIGHTS`](crate::limits::MAX_ATTENTION_WEIGHTS) weights.
        #[serde(default)]
        layer: Option<u32>,
    },
    /// The attention weights of one head for every token of the sequence, which may have
    /// [`MAX_MATRIX_TOKENS`](crate::limits::MAX_MATRIX_TOKENS). Found: one `head`.
    Head {
        /// The layer.
        layer: u32,
        /// The head.
        head: u32,
    },
    /// The probability of one token after the sequence without each of its parts: parts are
    /// removed, and what follows them is read again. Found: one `occlusion`, then an
    /// `occluded` for each part, the last part first.
    Occlusion {
        /// The token; the most probable one if there is none.
        #[serde(default)]
        target: Option<TokenId>,
        /// What is removed at a time. Control tokens stay.
        #[serde(default)]
        unit: OcclusionUnit,
        /// The number of leading tokens that stay. Nothing is removed if that is all.
        #[serde(default)]
        from: u32,
    },
    /// What the embedding, each layer's mixer and each layer's MLP add to the logits of
    /// some tokens, given the scale of the last norm. Found: one `attribution`.
    Attribution {
        /// The tokens, at most [`MAX_ATTRIBUTED`](crate::limits::MAX_ATTRIBUTED); the most
        /// probable one if there is none.
        #[serde(default)]
        tokens: Vec<TokenId>,
    },
}

/// A part of a text that is removed at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OcclusionUnit {
    /// One token.
    #[default]
    Token,
    /// The tokens of a word, with the white space before it.
    Word,
    /// The tokens of a sentence.
    Sentence,
}

fn one() -> u32 {
    1
}

fn default_lens_candidates() -> u32 {
    DEFAULT_LENS_CANDIDATES
}

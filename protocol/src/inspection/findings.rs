//! What is found about how a prediction came about.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::limits::MAX_PROBABILITY;

use crate::Token;

/// A part of the answer to an [`Inspection`](crate::Inspection).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Finding {
    /// The logit lens of one position.
    Lens(LensPosition),
    /// The attention weights of the query.
    Attention(AttentionWeights),
    /// The attention weights of one head.
    Head(HeadWeights),
    /// What is about to be removed from a text.
    Occlusion(OcclusionStart),
    /// A prediction without a part of its text.
    Occluded(Occluded),
    /// Logits as sums.
    Attribution(Attribution),
}

/// The logit lens of one position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LensPosition {
    /// How many tokens precede the one that is predicted.
    pub position: u32,
    /// The tokens that are followed: first the one that is most probable after the last
    /// layer, then those that were asked for.
    pub followed: Vec<Token>,
    /// As the embedding leaves the stream, then after each layer. The last is the model's
    /// own prediction.
    pub layers: Vec<LensLayer>,
}

/// What the stream after a layer predicts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LensLayer {
    /// The most probable tokens, by falling probability.
    pub top: Vec<RankedToken>,
    /// The followed tokens, in their order.
    pub followed: Vec<TokenRank>,
    /// Entropy of the whole distribution, in bits.
    pub entropy_bits: f32,
}

/// A token and its probability.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RankedToken {
    /// The token.
    pub token: Token,
    /// Its probability at temperature 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
}

/// The probability and the rank of a token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenRank {
    /// Its probability at temperature 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
    /// 1 for the most probable token.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub rank: u32,
}

/// The attention weights of the last token of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttentionWeights {
    /// How many tokens the text has; the last is the query.
    pub position: u32,
    /// The layers that were asked for, in order.
    pub layers: Vec<AttentionLayer>,
}

/// The attention weights of the query in one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttentionLayer {
    /// The layer, from 0.
    pub layer: u32,
    /// The number of tokens that each token sees, itself included; none if it sees all
    /// before it.
    pub window: Option<u32>,
    /// For each head the weight on each token, which sum to 1. Empty for a layer that has
    /// no attention, but a short convolution or a recurrence.
    pub heads: Vec<Vec<f32>>,
}

/// The attention weights of one head for every token of a text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeadWeights {
    /// The layer, from 0.
    pub layer: u32,
    /// The head, from 0.
    pub head: u32,
    /// The number of tokens that each token sees, itself included; none if it sees all
    /// before it.
    pub window: Option<u32>,
    /// For each token its weights on the tokens up to itself, which sum to 1.
    pub rows: Vec<Vec<f32>>,
}

/// What is about to be removed from a text, and the prediction after all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OcclusionStart {
    /// The token whose probability is followed.
    pub target: Token,
    /// The natural logarithm of its probability after the whole text.
    pub log_probability: f64,
    /// How many parts are removed, each by itself.
    pub units: u32,
    /// How many tokens are read again for all of them.
    pub tokens_to_read: u64,
}

/// A prediction without a part of its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Occluded {
    /// The index of the first token that was removed.
    pub start: u32,
    /// The index after the last token that was removed.
    pub end: u32,
    /// The natural logarithm of the target's probability without them.
    pub log_probability: f64,
    /// The most probable token without them.
    pub top: RankedToken,
}

/// Logits of tokens as sums of what the parts of the model add.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attribution {
    /// The parts of the model, in the order of computation.
    pub parts: Vec<AttributionPart>,
    /// The tokens that were asked for, in that order, or the most probable one.
    pub tokens: Vec<AttributedToken>,
    /// If there is one, the model's logits are cap · tanh(sum / cap) of the sums.
    pub cap: Option<f32>,
}

/// A part of a model that adds to its logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum AttributionPart {
    /// The embedding of the last token, and of its position if the model has one.
    Embedding,
    /// The attention of a layer.
    Attention {
        /// The layer, from 0.
        layer: u32,
    },
    /// The short convolution of a layer.
    Convolution {
        /// The layer, from 0.
        layer: u32,
    },
    /// The recurrence of a layer, which keeps a state of fixed size.
    Recurrence {
        /// The layer, from 0.
        layer: u32,
    },
    /// The feed-forward network of a layer.
    Mlp {
        /// The layer, from 0.
        layer: u32,
    },
    /// What does not depend on the text: the biases of the last norm and of the head.
    Constant,
}

/// The logit of a token as a sum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributedToken {
    /// The token.
    pub token: Token,
    /// What each part adds.
    pub contributions: Vec<f64>,
    /// Their sum.
    pub sum: f64,
    /// The logit as the model gives it: with rounding of its own, and after the cap.
    pub logit: f64,
    /// The token's probability.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
}

//! A distribution held against a second computation of it.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::limits::MAX_PROBABILITY;

use crate::{Timings, Token};

/// The distribution of the token that follows a sequence, as the engine gives it, held
/// against one that candle has computed in f32 from the same weights. Both are the
/// softmax over the whole vocabulary at temperature 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verification {
    /// How many tokens precede the one that the distributions are of.
    pub position: u32,
    /// How many tokens the distributions are over.
    pub vocab_size: u32,
    /// What gives the engine's distributions: the formats of the weights, and what
    /// computes with them.
    pub computed_by: String,
    /// What computed once more.
    pub checked_by: String,
    /// The token whose probability differs most, of the whole vocabulary.
    pub largest: VerifiedToken,
    /// The difference of its probabilities, without a sign.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub largest_difference: f64,
    /// Entropy of the engine's distribution, in bits.
    pub entropy_bits: f64,
    /// Entropy of the second computation's, in bits.
    pub reference_entropy_bits: f64,
    /// How far the engine's distribution is from the second computation's: their
    /// Kullback-Leibler divergence, in nats.
    #[cfg_attr(feature = "schema", schemars(range(min = 0)))]
    pub divergence_nats: f64,
    /// Whether the same token is the most probable.
    pub same_first: bool,
    /// How many of the candidates have another rank.
    pub changed_ranks: u32,
    /// By how many ranks they moved, at most.
    pub largest_rank_shift: u32,
    /// The engine's most probable tokens, by rank, with both numbers.
    pub candidates: Vec<VerifiedToken>,
    /// What the engine's distribution cost.
    pub timings: Timings,
    /// Time for the second computation, in milliseconds.
    pub reference_ms: f32,
}

/// A token in both distributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VerifiedToken {
    /// The token.
    pub token: Token,
    /// Its rank in the engine's distribution; 1 for the most probable token.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub rank: u32,
    /// Its rank in the second computation's.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub reference_rank: u32,
    /// Its probability in the engine's distribution.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f64,
    /// Its probability in the second computation's.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub reference_probability: f64,
}

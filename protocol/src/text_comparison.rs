//! The next-token distributions of two texts or samplers, held against each other.

use serde::{Deserialize, Serialize};

use crate::token::exact;
use crate::{Candidate, SamplerSettings, Timings, TokenId};

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ComparedText {
    /// The whole sequence; at least one id.
    pub ids: Vec<TokenId>,
    /// The sampler.
    pub settings: SamplerSettings,
}

/// Two distributions over the same vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TextComparison {
    /// How many tokens precede each.
    pub positions: [u32; 2],
    /// How many tokens the distributions are over.
    pub vocab_size: u32,
    /// Whether entropies and divergences are over the whole vocabulary. They are not where an
    /// engine elsewhere tells of the most probable tokens alone: all others then count as one
    /// token, and the numbers are the least that they can be.
    #[serde(default = "exact")]
    #[cfg_attr(feature = "schema", schemars(required))]
    pub exact: bool,
    /// The most probable tokens of both, by falling difference of `probability` without its
    /// sign; where these are equal, of `sampled_probability`; then by id.
    pub candidates: Vec<ComparedCandidate>,
    /// The entropies of both `p` in bits.
    pub entropy_bits: [f64; 2],
    /// How far the two `p` are apart.
    pub p: Divergence,
    /// How far the two `q` are apart.
    pub q: Divergence,
    /// What this answer cost.
    pub timings: Timings,
}

/// A token in both distributions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ComparedCandidate {
    /// In the first.
    pub first: Candidate,
    /// In the second.
    pub second: Candidate,
}

/// How far two distributions are apart, over the whole vocabulary, in bits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Divergence {
    /// The Kullback-Leibler divergence Σ a log₂(a / b) of the first from the second; none if
    /// it is infinite, because the first can give a token that the second cannot.
    pub first_from_second: Option<f64>,
    /// The Kullback-Leibler divergence of the second from the first, likewise.
    pub second_from_first: Option<f64>,
    /// The Jensen-Shannon divergence, 0 for equal distributions to 1 for distributions
    /// without a token in common.
    #[cfg_attr(feature = "schema", schemars(range(min = 0)))]
    pub jensen_shannon: f64,
}

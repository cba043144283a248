//! The sampler tried out on one distribution: many draws, and many values of a knob.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::limits::MAX_PROBABILITY;
use crate::{Candidate, Outside, SamplerSettings, Timings, Token};

/// How often each token was drawn from one distribution.
///
/// The draw number i is what the sampler picks at this position with the seed of the
/// settings plus i, so the first of them is the `sampled` of the distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Draws {
    /// How many tokens precede the one that was drawn.
    pub position: u32,
    /// How many tokens the distribution is over.
    pub vocab_size: u32,
    /// How often a token was drawn in all.
    pub draws: u32,
    /// How many different tokens were drawn.
    pub distinct: u32,
    /// The tokens with the highest `q`, by falling `q`; ties by falling `p`. None with a
    /// `q` of 0.
    pub tokens: Vec<DrawnToken>,
    /// All tokens that are not among these, as one.
    pub outside: Outside,
    /// How often one of those was drawn.
    pub outside_draws: u32,
    /// Pearson's test of whether the counts are those of `q`; none where fewer than two
    /// classes of tokens can be expected five times.
    pub chi_square: Option<ChiSquare>,
    /// The sampler that drew.
    pub settings: SamplerSettings,
    /// What this answer cost.
    pub timings: Timings,
}

/// A token with how often it was drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DrawnToken {
    /// The token with its probabilities.
    pub candidate: Candidate,
    /// How often it was drawn.
    pub draws: u32,
}

/// Pearson's chi-square test of counts against `q`. Tokens that are expected fewer than
/// five times are one class; that is left out if it is expected fewer than five times, too.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChiSquare {
    /// Σ (count − expected)² / expected.
    #[cfg_attr(feature = "schema", schemars(range(min = 0)))]
    pub statistic: f64,
    /// The number of classes less one.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub degrees_of_freedom: u32,
    /// The probability that draws from `q` are at least so far from it.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub p_value: f64,
}

/// A knob of the sampler that can be swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SweptKnob {
    /// The temperature.
    Temperature,
    /// The mass of top-p.
    TopP,
    /// The share of min-p.
    MinP,
    /// The mass of typical-p.
    TypicalP,
}

/// What becomes of `q` as one knob of the sampler is turned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Sweep {
    /// How many tokens precede the one that the distribution is of.
    pub position: u32,
    /// How many tokens the distribution is over.
    pub vocab_size: u32,
    /// Which knob.
    pub knob: SweptKnob,
    /// The most probable tokens, by falling `p`; ties by rising id.
    pub tokens: Vec<SweptToken>,
    /// One for each value of the command, in that order.
    pub points: Vec<SweepPoint>,
    /// The sampler; its swept knob is not used.
    pub settings: SamplerSettings,
    /// What this answer cost.
    pub timings: Timings,
}

/// A token of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweptToken {
    /// The token.
    pub token: Token,
    /// `p`: probability under the model, at temperature 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
}

/// What is drawn from at one value of a knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SweepPoint {
    /// The knob's value.
    pub value: f32,
    /// How many tokens can be drawn.
    pub kept: u32,
    /// `q` of each of the tokens, in their order.
    pub sampled_probabilities: Vec<f32>,
    /// The sum of `q` of all other tokens.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub outside: f32,
}

impl SweptKnob {
    /// The settings with the knob at a value.
    pub fn at(self, settings: &SamplerSettings, value: f32) -> SamplerSettings {
        let mut settings = settings.clone();
        match self {
            SweptKnob::Temperature => settings.temperature = value,
            SweptKnob::TopP => settings.top_p = value,
            SweptKnob::MinP => settings.min_p = value,
            SweptKnob::TypicalP => settings.typical_p = value,
        }
        settings
    }
}

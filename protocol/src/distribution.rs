//! A next-token distribution over the full vocabulary, before and after the sampler.

use serde::{Deserialize, Serialize};

#[cfg(feature = "schema")]
use crate::limits::MAX_PROBABILITY;

use crate::token::exact;
use crate::{SamplerSettings, Timings, Token, TokenId};

/// The distribution of the token that follows a sequence.
///
/// `p` is the softmax of the logits over the whole vocabulary at temperature 1; `q` is
/// what the sampler draws from. Both sum to 1 over the candidates and [`Outside`], unless
/// the sampler has cut every token: then all `q` are 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Distribution {
    /// How many tokens precede the one that the distribution is of.
    pub position: u32,
    /// How many tokens the distribution is over.
    pub vocab_size: u32,
    /// Whether every number is as the model has it. It is not where an engine elsewhere tells
    /// of the most probable tokens alone: then the entropy is the least that it can be, and
    /// so is the rank of a token that is watched and not among those.
    #[serde(default = "exact")]
    #[cfg_attr(feature = "schema", schemars(required))]
    pub exact: bool,
    /// The most probable tokens, by falling `p`; ties by rising id.
    pub candidates: Vec<Candidate>,
    /// The tokens of the command's `watch`, in that order.
    #[serde(default)]
    pub watched: Vec<Candidate>,
    /// All tokens that are not among the candidates, as one.
    pub outside: Outside,
    /// Entropy of `p` in bits.
    pub entropy_bits: f32,
    /// The most probable token by `p`.
    pub greedy: TokenId,
    /// What the sampler picks with its seed at this position. At temperature 0, the most
    /// probable token that is left. It need not be among the candidates. If nothing is
    /// left (the last stage kept 0), it is the greedy token, with a `q` of 0.
    pub sampled: Candidate,
    /// The point in 0..1 that was drawn; `sampled` is where it falls in `q` when the
    /// kept tokens are laid end to end by falling `p`.
    pub draw: f32,
    /// How many tokens each step of the sampler kept, in the order of the steps.
    pub stages: Vec<SamplerStage>,
    /// The sampler that made `q` and `sampled`.
    pub settings: SamplerSettings,
    /// What this answer cost.
    pub timings: Timings,
}

/// One token of a distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Candidate {
    /// 1 for the most probable token.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub rank: u32,
    /// The token.
    pub token: Token,
    /// The model's raw output; ln p where an engine elsewhere computes it.
    pub logit: f32,
    /// `p`: probability under this model, at temperature 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
    /// `q`: probability of being drawn. At temperature 0, 1 for the token that is drawn.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub sampled_probability: f32,
    /// The step of the sampler that cut this token, if one did.
    #[serde(default)]
    pub cut_by: Option<SamplerKind>,
}

/// The tokens that a distribution does not list.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Outside {
    /// How many there are.
    pub tokens: u32,
    /// The sum of their `p`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub probability: f32,
    /// The sum of their `q`.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_PROBABILITY)))]
    pub sampled_probability: f32,
}

/// How many tokens a step of the sampler kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SamplerStage {
    /// Which step.
    pub kind: SamplerKind,
    /// How many tokens can still be drawn after it.
    pub kept: u32,
    /// How many logits it changed; 0 for a step that only cuts.
    #[serde(default)]
    pub changed: u32,
}

/// A step of the sampler that cuts tokens or changes logits. Temperature is none of them: it
/// changes the probabilities of all tokens that are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SamplerKind {
    /// Adds to the logits of some tokens.
    LogitBias,
    /// Lowers the logits of tokens that the text has (Keskar et al., 2019,
    /// arXiv:1909.05858; as in transformers).
    RepetitionPenalty,
    /// Lowers the logits of tokens that follow the prompt, as OpenAI's API defines it.
    PresencePenalty,
    /// Lowers them for each time that they follow the prompt, as OpenAI's API defines it.
    FrequencyPenalty,
    /// Cuts tokens that were named.
    Banned,
    /// Cuts tokens with which the text could no longer become one that is allowed.
    Allowed,
    /// Temperature 0 keeps only the most probable of what is left.
    Greedy,
    /// Keeps the k most probable.
    TopK,
    /// Keeps the fewest most probable tokens whose probabilities sum to the given mass.
    TopP,
    /// Keeps those with at least the given share of the top probability.
    MinP,
    /// Keeps the fewest tokens of the given mass whose surprisal is nearest to the entropy
    /// (Meister et al., 2022, arXiv:2202.00666).
    TypicalP,
    /// Keeps the tokens that an engine elsewhere has told of: no other can be drawn.
    Listed,
}

//! The sampler's settings and their ranges.

use serde::{Deserialize, Serialize};

use crate::TokenId;
use crate::limits::DEFAULT_TEMPERATURE;
#[cfg(feature = "schema")]
use crate::limits::{
    MAX_ALLOWED_TEXTS, MAX_BANNED, MAX_BIAS, MAX_BIASED, MAX_PENALTY,
    MAX_REPETITION_PENALTY, MAX_TEMPERATURE,
};

/// How the next token is drawn, in steps that each take what the one before left: logit
/// bias, the penalties for repetition, presence and frequency, banned tokens, allowed
/// texts, and then temperature and the cuts in the order that [`SamplerOrder`] says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SamplerSettings {
    /// Logits are divided by it, 0 to 2; 0 picks the most probable token that is left.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = MAX_TEMPERATURE)))]
    pub temperature: f32,
    /// Keep this many; 0 keeps all.
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub top_k: u32,
    /// Keep the fewest that reach this mass, 0 (exclusive) to 1; 1 keeps all.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0, "maximum" = 1)))]
    pub top_p: f32,
    /// Keep those with at least this share of the top probability, 0 to 1; 0 keeps all.
    #[cfg_attr(feature = "schema", schemars(range(min = 0, max = 1)))]
    pub min_p: f32,
    /// The same sequence with the same seed draws the same token.
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub seed: u32,
    /// Whether temperature comes before the cuts or after them.
    pub order: SamplerOrder,
    /// Keep the tokens whose surprisal is nearest to the entropy, the fewest that reach
    /// this mass, 0 (exclusive) to 1; 1 keeps all.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0, "maximum" = 1)))]
    pub typical_p: f32,
    /// Logits of tokens that the text has are divided by it if they are positive, and
    /// multiplied by it if they are negative; 1 changes nothing.
    #[cfg_attr(feature = "schema", schemars(extend("exclusiveMinimum" = 0, "maximum" = MAX_REPETITION_PENALTY)))]
    pub repetition_penalty: f32,
    /// Taken from the logit of every token that follows the prompt in the text, -2 to 2.
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_PENALTY, max = MAX_PENALTY)))]
    pub presence_penalty: f32,
    /// The same, for each time that the token follows the prompt, -2 to 2.
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_PENALTY, max = MAX_PENALTY)))]
    pub frequency_penalty: f32,
    /// The penalties look at so many of the text's last tokens; 0 is the whole text.
    #[cfg_attr(feature = "schema", schemars(range(max = u32::MAX)))]
    pub penalty_window: u32,
    /// What is added to the logits of some tokens.
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_BIASED)))]
    pub logit_bias: Vec<TokenBias>,
    /// Tokens that are never drawn.
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_BANNED)))]
    pub banned: Vec<TokenId>,
    /// What the text after the prompt must become; none allows everything.
    pub allowed: Option<AllowedTexts>,
    /// How many tokens of the text are its prompt. If nothing is said, a generation begins
    /// after its prompt; for a single distribution, the allowed texts begin with the next
    /// token, and the penalties count the whole text.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = u32::MAX)))]
    pub prompt_tokens: Option<u32>,
}

/// Where temperature has its place among the cuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SamplerOrder {
    /// As transformers: temperature, top-k, top-p, min-p, typical-p.
    #[default]
    TemperatureFirst,
    /// As llama.cpp: top-k, typical-p, top-p, min-p, temperature.
    TemperatureLast,
}

/// What is added to a token's logit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenBias {
    /// The token.
    pub id: TokenId,
    /// -100 to 100.
    #[cfg_attr(feature = "schema", schemars(range(min = -MAX_BIAS, max = MAX_BIAS)))]
    pub bias: f32,
}

/// The texts that may be written. Only those tokens can be drawn with which the text can
/// still become one of them; when it is one, also those that end a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AllowedTexts {
    /// One of these texts, exactly as it stands here.
    Choices(
        #[cfg_attr(feature = "schema", schemars(length(min = 1, max = MAX_ALLOWED_TEXTS)))]
         Vec<String>,
    ),
    /// A text that a regular expression (Rust's syntax) matches as a whole.
    Pattern(String),
}

impl Default for SamplerSettings {
    fn default() -> Self {
        SamplerSettings {
            temperature: DEFAULT_TEMPERATURE,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            seed: 0,
            order: SamplerOrder::TemperatureFirst,
            typical_p: 1.0,
            repetition_penalty: 1.0,
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            penalty_window: 0,
            logit_bias: Vec::new(),
            banned: Vec::new(),
            allowed: None,
            prompt_tokens: None,
        }
    }
}

impl SamplerSettings {
    /// Whether a step depends on where the prompt ends.
    pub fn depends_on_prompt(&self) -> bool {
        self.allowed.is_some()
            || self.presence_penalty != 0.0
            || self.frequency_penalty != 0.0
    }

    /// The same settings for a text that begins with a prompt of so many tokens, unless
    /// they name another number themselves.
    pub fn after_prompt(mut self, tokens: usize) -> SamplerSettings {
        if self.depends_on_prompt() {
            self.prompt_tokens.get_or_insert(tokens as u32);
        }
        self
    }

    /// The ids of tokens that the settings name.
    pub fn named_tokens(&self) -> impl Iterator<Item = TokenId> {
        self.logit_bias.iter().map(|biased| biased.id).chain(self.banned.iter().copied())
    }
}

//! The knobs of the page as a session has them. What stands at its default is left out, so that
//! links stay short.

use protocol::{SamplerOrder, SamplerSettings, limits};
use serde::{Deserialize, Serialize};

/// The knobs that decide what is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Knobs {
    /// How many candidates are listed.
    #[serde(skip_serializing_if = "is_default_rows")]
    pub rows: u32,
    /// The sampler's temperature.
    #[serde(skip_serializing_if = "is_default_temperature")]
    pub temperature: f32,
    /// The sampler's top-k; 0 keeps all.
    #[serde(skip_serializing_if = "is_zero")]
    pub top_k: u32,
    /// The sampler's top-p; 1 keeps all.
    #[serde(skip_serializing_if = "is_one")]
    pub top_p: f32,
    /// The sampler's min-p; 0 keeps all.
    #[serde(skip_serializing_if = "is_nothing")]
    pub min_p: f32,
    /// The seed. With it and its position, each draw is the same again.
    #[serde(skip_serializing_if = "is_zero")]
    pub seed: u32,
    /// The sampler's further steps.
    #[serde(skip_serializing_if = "Steps::are_off")]
    pub steps: Steps,
    /// How a probability becomes the length of a bar.
    #[serde(skip_serializing_if = "Scale::is_linear")]
    pub scale: Scale,
}

/// The sampler's further steps; see `SamplerSettings` in docs/api.md for what each does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Steps {
    /// Where temperature has its place.
    pub order: SamplerOrder,
    /// 1 keeps all.
    pub typical_p: f32,
    /// 1 changes nothing.
    pub repetition_penalty: f32,
    /// 0 changes nothing.
    pub presence_penalty: f32,
    /// 0 changes nothing.
    pub frequency_penalty: f32,
    /// How many of the last tokens the penalties look at; 0 for all.
    pub penalty_window: u32,
    /// Tokens with a bias, and those that are banned, by their texts.
    pub named: Vec<Named>,
    /// What kind of texts is allowed.
    pub allowed: AllowedKind,
    /// The allowed texts, one in a line, or the pattern.
    pub allowed_text: String,
}

/// A text whose tokens have a bias or are banned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The text.
    pub text: String,
    /// What is added to the logits; none if they are banned.
    pub bias: Option<f32>,
}

/// What the text after the prompt may become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AllowedKind {
    /// Anything.
    #[default]
    Anything,
    /// One text of a list.
    List,
    /// What a regular expression matches.
    Pattern,
}

/// How a probability becomes the length of a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scale {
    /// The full width is 100%.
    #[default]
    Linear,
    /// The full width is the longest bar.
    Relative,
    /// Each sixth of the width is a factor of ten.
    Log,
}

impl Default for Knobs {
    fn default() -> Self {
        let sampler = SamplerSettings::default();
        Knobs {
            rows: limits::DEFAULT_CANDIDATES,
            temperature: sampler.temperature,
            top_k: sampler.top_k,
            top_p: sampler.top_p,
            min_p: sampler.min_p,
            seed: sampler.seed,
            steps: Steps::default(),
            scale: Scale::Linear,
        }
    }
}

impl Default for Steps {
    fn default() -> Self {
        let sampler = SamplerSettings::default();
        Steps {
            order: sampler.order,
            typical_p: sampler.typical_p,
            repetition_penalty: sampler.repetition_penalty,
            presence_penalty: sampler.presence_penalty,
            frequency_penalty: sampler.frequency_penalty,
            penalty_window: sampler.penalty_window,
            named: Vec::new(),
            allowed: AllowedKind::Anything,
            allowed_text: String::new(),
        }
    }
}

impl Steps {
    fn are_off(&self) -> bool {
        *self == Steps::default()
    }
}

impl Scale {
    fn is_linear(&self) -> bool {
        *self == Scale::Linear
    }
}

fn is_default_rows(rows: &u32) -> bool {
    *rows == limits::DEFAULT_CANDIDATES
}

fn is_default_temperature(temperature: &f32) -> bool {
    *temperature == SamplerSettings::default().temperature
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

fn is_one(number: &f32) -> bool {
    *number == 1.0
}

fn is_nothing(number: &f32) -> bool {
    *number == 0.0
}

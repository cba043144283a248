//! The knobs: the sampler's settings, and how much is shown and how fast.

use protocol::limits::MAX_PENALTY;
use protocol::{SamplerSettings, limits};
use serde::{Deserialize, Serialize};

use super::known_models::ModelId;
use super::sampler_steps::SamplerSteps;

/// The default pace of play, in tokens per second.
const DEFAULT_PACE: u32 = 8;

/// The values of all knobs. Both tabs share the sampler, but not its temperature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Knobs {
    /// How many candidates are shown.
    pub(crate) rows: u32,
    pub(crate) temperature: f32,
    pub(crate) chat_temperature: f32,
    pub(crate) top_k: u32,
    pub(crate) top_p: f32,
    pub(crate) min_p: f32,
    pub(crate) seed: u32,
    /// The sampler's further steps.
    pub(crate) steps: SamplerSteps,
    /// The most tokens of a reply.
    pub(crate) max_new_tokens: u32,
    pub(crate) scale: Scale,
    /// The pace of play in tokens per second; 0 for as fast as the model.
    pub(crate) pace: u32,
    /// The running text is in a monospaced font.
    pub(crate) monospace: bool,
    /// Names of special tokens in the prompt are these tokens.
    pub(crate) special_tokens: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        let sampler = SamplerSettings::default();
        Knobs {
            rows: limits::DEFAULT_CANDIDATES,
            temperature: sampler.temperature,
            chat_temperature: limits::DEFAULT_TEMPERATURE,
            top_k: sampler.top_k,
            top_p: sampler.top_p,
            min_p: sampler.min_p,
            seed: sampler.seed,
            steps: SamplerSteps::default(),
            max_new_tokens: limits::DEFAULT_NEW_TOKENS,
            scale: Scale::Linear,
            pace: DEFAULT_PACE,
            monospace: false,
            special_tokens: false,
        }
    }
}

/// One of the knobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Knob {
    Rows,
    Temperature,
    ChatTemperature,
    TopK,
    TopP,
    MinP,
    Seed,
    TypicalP,
    Repetition,
    Presence,
    Frequency,
    PenaltyWindow,
    MaxNewTokens,
    Pace,
}

/// How a probability becomes the length of a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scale {
    /// The full width is 100%.
    #[default]
    Linear,
    /// The full width is the longest bar.
    Relative,
    /// Each sixth of the width is a factor of ten.
    Log,
}

impl Knobs {
    /// The explorer's sampler, with the tokens that are named resolved by a model.
    pub(super) fn sampler(&self, model: Option<ModelId>) -> SamplerSettings {
        let Knobs { temperature, top_k, top_p, min_p, seed, .. } = *self;
        let settings = SamplerSettings {
            temperature,
            top_k,
            top_p,
            min_p,
            seed,
            ..SamplerSettings::default()
        };
        self.steps.add_to(settings, model)
    }

    /// The chat's sampler.
    pub(super) fn chat_sampler(&self, model: Option<ModelId>) -> SamplerSettings {
        SamplerSettings { temperature: self.chat_temperature, ..self.sampler(model) }
    }

    /// Sets a knob to a value, or to the nearest within its limits. False if nothing changes.
    pub(crate) fn turn(&mut self, knob: Knob, value: f64) -> bool {
        if !value.is_finite() {
            return false;
        }
        let before = self.clone();
        let whole = |least: u32, most: u32| {
            value.round().clamp(f64::from(least), f64::from(most)) as u32
        };
        let real = |least: f32, most: f32| (value as f32).clamp(least, most);
        match knob {
            Knob::Rows => self.rows = whole(1, limits::MAX_CANDIDATES),
            Knob::Temperature => self.temperature = real(0.0, limits::MAX_TEMPERATURE),
            Knob::ChatTemperature => {
                self.chat_temperature = real(0.0, limits::MAX_TEMPERATURE);
            }
            Knob::TopK => self.top_k = whole(0, u32::MAX),
            // The sampler refuses 0, which would keep nothing.
            Knob::TopP => self.top_p = real(0.01, 1.0),
            Knob::MinP => self.min_p = real(0.0, 1.0),
            Knob::Seed => self.seed = whole(0, u32::MAX),
            Knob::TypicalP => self.steps.typical_p = real(0.01, 1.0),
            Knob::Repetition => self.steps.repetition_penalty = real(0.5, 2.0),
            Knob::Presence => {
                self.steps.presence_penalty = real(-MAX_PENALTY, MAX_PENALTY)
            }
            Knob::Frequency => {
                self.steps.frequency_penalty = real(-MAX_PENALTY, MAX_PENALTY);
            }
            Knob::PenaltyWindow => self.steps.penalty_window = whole(0, 1_000_000),
            Knob::MaxNewTokens => self.max_new_tokens = whole(1, limits::MAX_NEW_TOKENS),
            Knob::Pace => self.pace = whole(0, 100),
        }
        *self != before
    }

    /// These knobs with those of a session that decide what is shown.
    pub(crate) fn with_sampler_of(&self, session: Knobs) -> Knobs {
        let knobs = Knobs {
            chat_temperature: self.chat_temperature,
            max_new_tokens: self.max_new_tokens,
            pace: self.pace,
            monospace: self.monospace,
            special_tokens: self.special_tokens,
            ..session
        };
        knobs.checked()
    }

    /// The knobs with every value within its limits. A stored draft may hold any values.
    pub(crate) fn checked(self) -> Knobs {
        let Knobs { scale, monospace, special_tokens, .. } = self;
        let mut knobs = Knobs { scale, monospace, special_tokens, ..Knobs::default() };
        for (knob, value) in [
            (Knob::Rows, f64::from(self.rows)),
            (Knob::Temperature, self.temperature.into()),
            (Knob::ChatTemperature, self.chat_temperature.into()),
            (Knob::TopK, self.top_k.into()),
            (Knob::TopP, self.top_p.into()),
            (Knob::MinP, self.min_p.into()),
            (Knob::Seed, self.seed.into()),
            (Knob::TypicalP, self.steps.typical_p.into()),
            (Knob::Repetition, self.steps.repetition_penalty.into()),
            (Knob::Presence, self.steps.presence_penalty.into()),
            (Knob::Frequency, self.steps.frequency_penalty.into()),
            (Knob::PenaltyWindow, self.steps.penalty_window.into()),
            (Knob::MaxNewTokens, self.max_new_tokens.into()),
            (Knob::Pace, self.pace.into()),
        ] {
            knobs.turn(knob, value);
        }
        let numbers = std::mem::take(&mut knobs.steps);
        knobs.steps = self.steps.checked(numbers);
        knobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knobs_stop_at_their_limits() {
        let mut knobs = Knobs::default();
        assert!(knobs.turn(Knob::Rows, 900.0));
        assert_eq!(knobs.rows, 50);
        assert!(knobs.turn(Knob::Rows, 0.0));
        assert_eq!(knobs.rows, 1);
        assert!(knobs.turn(Knob::TopP, 0.0));
        assert!(knobs.sampler(None).check().is_ok());
        assert!(knobs.turn(Knob::Temperature, 7.0));
        assert_eq!(knobs.temperature, 2.0);
    }

    #[test]
    fn not_a_number_turns_nothing() {
        let mut knobs = Knobs::default();
        assert!(!knobs.turn(Knob::Temperature, f64::NAN));
        assert_eq!(knobs, Knobs::default());
    }

    #[test]
    fn the_chat_has_its_own_temperature_and_no_other_sampler() {
        let mut knobs = Knobs::default();
        knobs.turn(Knob::Temperature, 0.0);
        knobs.turn(Knob::TopK, 40.0);
        let chat = knobs.chat_sampler(None);
        assert_eq!((chat.temperature, chat.top_k), (0.7, 40));
    }
}

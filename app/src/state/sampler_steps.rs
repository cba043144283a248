//! The sampler's further steps: order, typical-p, penalties, tokens that are named by their
//! text, and allowed texts.

use protocol::limits::{MAX_ALLOWED_CHARACTERS, MAX_BIAS, MAX_PATTERN_CHARACTERS};
use protocol::{AllowedTexts, SamplerOrder, SamplerSettings, Token, TokenBias};
use serde::{Deserialize, Serialize};

use super::known_models::ModelId;

/// The most tokens that can be named. Each text has two forms.
pub(crate) const MAX_NAMED: usize = 50;
/// The most texts of a list of those that are allowed. Each has two forms.
const MAX_TEXTS: usize = 50;

/// The values of the further steps. What has no effect is what a first visit begins with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SamplerSteps {
    pub(crate) order: SamplerOrder,
    pub(crate) typical_p: f32,
    pub(crate) repetition_penalty: f32,
    pub(crate) presence_penalty: f32,
    pub(crate) frequency_penalty: f32,
    pub(crate) penalty_window: u32,
    /// Tokens with a bias, and those that are banned.
    pub(crate) named: Vec<NamedText>,
    pub(crate) allowed: AllowedKind,
    /// The texts, one in a line, or the pattern.
    pub(crate) allowed_text: String,
}

/// A text whose tokens have a bias or are banned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NamedText {
    pub(crate) text: String,
    /// What is added to the logits; none if they are banned.
    pub(crate) bias: Option<f32>,
    /// Its forms that are a single token to a model. Not stored: another model may have others.
    #[serde(skip)]
    pub(crate) tokens: Option<(ModelId, Vec<Token>)>,
    /// Of how many of its forms that model has told.
    #[serde(skip)]
    pub(crate) answers: usize,
}

/// What the text after the prompt may become.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AllowedKind {
    /// Anything.
    #[default]
    Anything,
    /// One text of a list.
    List,
    /// What a regular expression matches.
    Pattern,
}

impl Default for SamplerSteps {
    fn default() -> Self {
        let settings = SamplerSettings::default();
        SamplerSteps {
            order: settings.order,
            typical_p: settings.typical_p,
            repetition_penalty: settings.repetition_penalty,
            presence_penalty: settings.presence_penalty,
            frequency_penalty: settings.frequency_penalty,
            penalty_window: settings.penalty_window,
            named: Vec::new(),
            allowed: AllowedKind::Anything,
            allowed_text: String::new(),
        }
    }
}

impl SamplerSteps {
    /// Adds the steps to settings. Tokens that are named are those of a model.
    pub(super) fn add_to(
        &self,
        mut settings: SamplerSettings,
        model: Option<ModelId>,
    ) -> SamplerSettings {
        settings.order = self.order;
        settings.typical_p = self.typical_p;
        settings.repetition_penalty = self.repetition_penalty;
        settings.presence_penalty = self.presence_penalty;
        settings.frequency_penalty = self.frequency_penalty;
        settings.penalty_window = self.penalty_window;
        for named in &self.named {
            for id in named.of(model).iter().map(|token| token.id) {
                match named.bias {
                    Some(bias) => settings.logit_bias.push(TokenBias { id, bias }),
                    None => settings.banned.push(id),
                }
            }
        }
        settings.allowed = self.allowed_texts();
        settings
    }

    /// The allowed texts as the engine takes them. Each of a list is allowed with a space
    /// before it, too, as most words have one.
    fn allowed_texts(&self) -> Option<AllowedTexts> {
        match self.allowed {
            AllowedKind::Anything => None,
            AllowedKind::List => {
                let lines = self.allowed_text.lines().filter(|line| !line.is_empty());
                let lines =
                    lines.filter(|line| line.chars().count() < MAX_ALLOWED_CHARACTERS);
                let texts: Vec<String> = lines.take(MAX_TEXTS).flat_map(forms).collect();
                (!texts.is_empty()).then_some(AllowedTexts::Choices(texts))
            }
            AllowedKind::Pattern => {
                let pattern: String =
                    self.allowed_text.chars().take(MAX_PATTERN_CHARACTERS).collect();
                (!pattern.is_empty()).then_some(AllowedTexts::Pattern(pattern))
            }
        }
    }

    /// How many of the steps are switched on.
    pub(crate) fn switched_on(&self) -> usize {
        let off = SamplerSteps::default();
        let is_on = [
            self.order != off.order,
            self.typical_p != off.typical_p,
            self.repetition_penalty != off.repetition_penalty,
            self.presence_penalty != off.presence_penalty,
            self.frequency_penalty != off.frequency_penalty,
            !self.named.is_empty(),
            self.allowed_texts().is_some(),
        ];
        is_on.into_iter().filter(|is_on| *is_on).count()
    }

    /// What is stored, with numbers that were checked and nothing out of its limits.
    pub(super) fn checked(self, numbers: SamplerSteps) -> SamplerSteps {
        let is_valid = |named: &NamedText| {
            !named.text.is_empty() && named.bias.is_none_or(|bias| bias.abs() <= MAX_BIAS)
        };
        SamplerSteps {
            order: self.order,
            named: self.named.into_iter().filter(is_valid).take(MAX_NAMED).collect(),
            allowed: self.allowed,
            allowed_text: self.allowed_text,
            ..numbers
        }
    }
}

impl NamedText {
    /// Its tokens in a model's vocabulary; none before they are known.
    pub(crate) fn of(&self, model: Option<ModelId>) -> &[Token] {
        match &self.tokens {
            Some((of, tokens)) if Some(*of) == model => tokens,
            _ => &[],
        }
    }

    /// A text whose tokens are not known.
    pub(crate) fn new(text: String, bias: Option<f32>) -> NamedText {
        NamedText { text, bias, tokens: None, answers: 0 }
    }

    /// Whether its tokens in a model's vocabulary are known.
    pub(crate) fn is_known_to(&self, model: ModelId) -> bool {
        let is_of_model = self.tokens.as_ref().is_some_and(|(of, _)| *of == model);
        is_of_model && self.answers >= forms(&self.text).len()
    }
}

/// The forms of a text: as it stands, and with a space before it.
pub(crate) fn forms(text: &str) -> Vec<String> {
    match text.starts_with(char::is_whitespace) {
        true => vec![text.to_owned()],
        false => vec![text.to_owned(), format!(" {text}")],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_that_have_no_effect_are_none() {
        let steps = SamplerSteps::default();
        assert_eq!(steps.switched_on(), 0);
        let settings = steps.add_to(SamplerSettings::default(), None);
        assert_eq!(settings, SamplerSettings::default());
    }

    #[test]
    fn a_list_is_allowed_with_and_without_a_space() {
        let steps = SamplerSteps {
            allowed: AllowedKind::List,
            allowed_text: "yes\n\n no\n".into(),
            ..SamplerSteps::default()
        };
        let settings = steps.add_to(SamplerSettings::default(), None);
        let texts = ["yes", " yes", " no"].map(str::to_owned).to_vec();
        assert_eq!(settings.allowed, Some(AllowedTexts::Choices(texts)));
        assert!(settings.check().is_ok());
        let empty = SamplerSteps { allowed_text: "\n".into(), ..steps };
        assert_eq!(empty.add_to(SamplerSettings::default(), None).allowed, None);
    }

    #[test]
    fn whatever_was_stored_is_within_the_sampler_s_limits() {
        let stored = SamplerSteps {
            named: vec![
                NamedText::new("a".into(), Some(f32::NAN)),
                NamedText::new("b".into(), Some(3.0)),
            ],
            allowed: AllowedKind::List,
            allowed_text: format!("{}\nfine", "x".repeat(5000)),
            ..SamplerSteps::default()
        };
        let checked = stored.checked(SamplerSteps::default());
        assert_eq!(checked.named.len(), 1);
        assert!(checked.add_to(SamplerSettings::default(), None).check().is_ok());
    }
}

//! Checks that the sampler's settings are in their ranges.

use crate::limits::{
    MAX_ALLOWED_CHARACTERS, MAX_ALLOWED_TEXTS, MAX_BANNED, MAX_BIAS, MAX_BIASED,
    MAX_PATTERN_CHARACTERS, MAX_PENALTY, MAX_REPETITION_PENALTY, MAX_TEMPERATURE,
};
use crate::{AllowedTexts, SamplerSettings};

/// A setting that is out of its range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InvalidSetting {
    /// The field's name.
    pub name: &'static str,
    /// The value that is out of range.
    pub value: f32,
    /// The range, in words.
    pub range: &'static str,
}

impl SamplerSettings {
    /// Checks that every setting is in its range. Whether a pattern is a regular expression
    /// is not checked here.
    ///
    /// # Errors
    /// The first one that is not. NaN is in no range.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        let t = self.temperature;
        check("temperature", t, (0.0..=MAX_TEMPERATURE).contains(&t), "0 to 2")?;
        let p = self.top_p;
        check("top_p", p, p > 0.0 && p <= 1.0, "above 0, up to 1")?;
        check("min_p", self.min_p, (0.0..=1.0).contains(&self.min_p), "0 to 1")?;
        let p = self.typical_p;
        check("typical_p", p, p > 0.0 && p <= 1.0, "above 0, up to 1")?;
        let r = self.repetition_penalty;
        let is_in_range = r > 0.0 && r <= MAX_REPETITION_PENALTY;
        check("repetition_penalty", r, is_in_range, "above 0, up to 10")?;
        for (name, penalty) in [
            ("presence_penalty", self.presence_penalty),
            ("frequency_penalty", self.frequency_penalty),
        ] {
            check(name, penalty, penalty.abs() <= MAX_PENALTY, "-2 to 2")?;
        }
        for biased in &self.logit_bias {
            let bias = biased.bias;
            check("logit_bias", bias, bias.abs() <= MAX_BIAS, "-100 to 100")?;
        }
        let count = self.logit_bias.len();
        check("logit_bias", count as f32, count <= MAX_BIASED, "0 to 300 tokens long")?;
        let count = self.banned.len();
        check("banned", count as f32, count <= MAX_BANNED, "0 to 300 tokens long")?;
        self.allowed.as_ref().map_or(Ok(()), check_allowed)
    }
}

fn check_allowed(allowed: &AllowedTexts) -> Result<(), InvalidSetting> {
    match allowed {
        AllowedTexts::Choices(texts) => {
            let count = texts.len();
            let is_in_range = (1..=MAX_ALLOWED_TEXTS).contains(&count);
            check("allowed", count as f32, is_in_range, "a list of 1 to 100 texts")?;
            let range = "texts of 1 to 100 characters";
            let wrong = texts
                .iter()
                .map(|text| text.chars().count())
                .find(|length| !(1..=MAX_ALLOWED_CHARACTERS).contains(length));
            wrong.map_or(Ok(()), |length| check("allowed", length as f32, false, range))
        }
        AllowedTexts::Pattern(pattern) => {
            let length = pattern.chars().count();
            let is_in_range = length <= MAX_PATTERN_CHARACTERS;
            check("allowed", length as f32, is_in_range, "at most 1000 characters long")
        }
    }
}

fn check(
    name: &'static str,
    value: f32,
    is_in_range: bool,
    range: &'static str,
) -> Result<(), InvalidSetting> {
    match is_in_range {
        true => Ok(()),
        false => Err(InvalidSetting { name, value, range }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenBias;

    /// The name of the setting that is refused.
    fn refused(change: impl FnOnce(&mut SamplerSettings)) -> &'static str {
        let mut settings = SamplerSettings::default();
        change(&mut settings);
        settings.check().unwrap_err().name
    }

    #[test]
    fn not_a_number_is_refused_like_any_other_value_out_of_range() {
        for bad in [f32::NAN, -0.1, 200.0, f32::INFINITY] {
            assert_eq!(refused(|s| s.temperature = bad), "temperature");
            assert_eq!(refused(|s| s.top_p = bad), "top_p");
            assert_eq!(refused(|s| s.min_p = bad), "min_p");
            assert_eq!(refused(|s| s.typical_p = bad), "typical_p");
            assert_eq!(refused(|s| s.repetition_penalty = bad), "repetition_penalty");
        }
        for bias in [f32::NAN, -100.5, 101.0, f32::INFINITY] {
            let biased = vec![TokenBias { id: 1, bias }];
            assert_eq!(refused(|s| s.logit_bias = biased), "logit_bias");
        }
        for bad in [f32::NAN, -2.1, 2.1] {
            assert_eq!(refused(|s| s.presence_penalty = bad), "presence_penalty");
            assert_eq!(refused(|s| s.frequency_penalty = bad), "frequency_penalty");
        }
        assert_eq!(refused(|s| s.top_p = 0.0), "top_p");
        assert_eq!(refused(|s| s.repetition_penalty = 0.0), "repetition_penalty");
        assert!(SamplerSettings::default().check().is_ok());
    }

    #[test]
    fn lists_have_bounds() {
        assert_eq!(refused(|s| s.banned = vec![1; MAX_BANNED + 1]), "banned");
        let bias = TokenBias { id: 1, bias: 0.0 };
        assert_eq!(refused(|s| s.logit_bias = vec![bias; MAX_BIASED + 1]), "logit_bias");
        let choices = |texts| Some(AllowedTexts::Choices(texts));
        assert_eq!(refused(|s| s.allowed = choices(Vec::new())), "allowed");
        assert_eq!(refused(|s| s.allowed = choices(vec!["a".repeat(5000)])), "allowed");
        let pattern = AllowedTexts::Pattern("a".repeat(5000));
        assert_eq!(refused(|s| s.allowed = Some(pattern)), "allowed");
    }

    #[test]
    fn settings_of_an_earlier_version_can_be_read() {
        let settings: SamplerSettings =
            serde_json::from_str(r#"{"temperature": 0.5, "top_k": 3}"#).unwrap();
        let expected =
            SamplerSettings { temperature: 0.5, top_k: 3, ..Default::default() };
        assert_eq!(settings, expected);
    }
}

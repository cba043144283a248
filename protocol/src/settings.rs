//! The sampler's settings and their ranges.

use serde::{Deserialize, Serialize};

use crate::limits::{DEFAULT_TEMPERATURE, MAX_TEMPERATURE};

/// How the next token is drawn: temperature, then top-k, top-p, min-p, each on what the
/// one before left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SamplerSettings {
    /// Logits are divided by it, 0 to 2; 0 picks the arg-max.
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
}

impl Default for SamplerSettings {
    fn default() -> Self {
        SamplerSettings {
            temperature: DEFAULT_TEMPERATURE,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            seed: 0,
        }
    }
}

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
    /// Checks that every setting is in its range.
    ///
    /// # Errors
    /// The first one that is not. NaN is in no range.
    pub fn check(&self) -> Result<(), InvalidSetting> {
        let check = |name, value: f32, ok: bool, range| match ok {
            true => Ok(()),
            false => Err(InvalidSetting { name, value, range }),
        };
        let t = self.temperature;
        check("temperature", t, (0.0..=MAX_TEMPERATURE).contains(&t), "0 to 2")?;
        let p = self.top_p;
        check("top_p", p, p > 0.0 && p <= 1.0, "above 0, up to 1")?;
        check("min_p", self.min_p, (0.0..=1.0).contains(&self.min_p), "0 to 1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_a_number_is_refused_like_any_other_value_out_of_range() {
        for temperature in [f32::NAN, -0.1, 2.1, f32::INFINITY] {
            let settings = SamplerSettings { temperature, ..Default::default() };
            assert_eq!(settings.check().unwrap_err().name, "temperature");
        }
        let settings = SamplerSettings { top_p: 0.0, ..Default::default() };
        assert_eq!(settings.check().unwrap_err().name, "top_p");
        assert!(SamplerSettings::default().check().is_ok());
    }
}

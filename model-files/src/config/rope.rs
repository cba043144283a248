//! Rotary position embedding: its base, and its scaling to longer contexts.
//! Formulas as in transformers' `modeling_rope_utils.py`.

use std::f64::consts::TAU;

use crate::error::Result;
use crate::error::invalid_config;

/// The configuration of a rotary position embedding (Su et al., 2021, arXiv:2104.09864).
#[derive(Clone, Debug, PartialEq)]
pub struct RopeConfig {
    /// The base of the geometric series of wavelengths.
    pub theta: f64,
    /// R, the number of a head's first channels that are rotated.
    pub rotated: usize,
    /// The scaling of the series.
    pub scaling: RopeScaling,
    /// Whether rotated pairs are neighbours (2i, 2i + 1), as in GGUF files of the llama
    /// architecture, instead of (i, i + R/2).
    pub interleaved: bool,
}

/// A scaling of rotary embeddings to longer contexts.
#[derive(Clone, Debug, PartialEq)]
pub enum RopeScaling {
    /// As trained.
    None,
    /// All frequencies are divided by `factor`.
    Linear {
        /// How many times longer.
        factor: f64,
    },
    /// Llama 3.1: the frequencies of long wavelengths are divided by `factor`, those of
    /// short ones are kept, with a smooth transition between them.
    Llama3 {
        /// How many times longer.
        factor: f64,
        /// Wavelengths above `original_context / low_freq_factor` are stretched.
        low_freq_factor: f64,
        /// Wavelengths below `original_context / high_freq_factor` are kept.
        high_freq_factor: f64,
        /// The context it was trained with.
        original_context: usize,
    },
    /// YaRN (Peng et al., 2023, arXiv:2309.00071).
    Yarn {
        /// How many times longer.
        factor: f64,
        /// Dimensions that turn more often than this in the original context are kept.
        beta_fast: f64,
        /// Dimensions that turn less often than this are stretched.
        beta_slow: f64,
        /// Cosines and sines are multiplied by it.
        attention_factor: f64,
        /// Whether the bounds are rounded outwards to whole dimensions.
        truncate: bool,
        /// The context it was trained with.
        original_context: usize,
    },
    /// Each frequency is divided by its own factor (the `rope_freqs` tensor of GGUF).
    Factors(Vec<f32>),
    /// LongRoPE (Ding et al., 2024, arXiv:2402.13753): as [`Factors`](Self::Factors),
    /// with other factors if the whole text is longer than the original context.
    Long {
        /// For texts within the original context.
        short: Vec<f32>,
        /// For longer texts.
        long: Vec<f32>,
        /// Cosines and sines are multiplied by it.
        attention_factor: f64,
        /// The context it was trained with.
        original_context: usize,
    },
}

impl RopeConfig {
    /// The angle per position of each pair of rotated channels, in radians, `[R/2]`.
    /// `long` says whether the text is longer than [`switches_at`](Self::switches_at).
    pub fn frequencies(&self, long: bool) -> Vec<f64> {
        let pairs = self.rotated / 2;
        let dim = self.rotated as f64;
        let base = (0..pairs).map(|i| self.theta.powf(-2.0 * i as f64 / dim));
        let divided = |base: &mut dyn Iterator<Item = f64>, factors: &[f32]| {
            base.zip(factors).map(|(f, factor)| f / f64::from(*factor)).collect()
        };
        match &self.scaling {
            RopeScaling::None => base.collect(),
            RopeScaling::Linear { factor } => base.map(|f| f / factor).collect(),
            RopeScaling::Factors(factors) => divided(&mut { base }, factors),
            RopeScaling::Long { long: factors, .. } if long => {
                divided(&mut { base }, factors)
            }
            RopeScaling::Long { short, .. } => divided(&mut { base }, short),
            RopeScaling::Llama3 {
                factor,
                low_freq_factor,
                high_freq_factor,
                original_context,
            } => base
                .map(|f| {
                    let turns = *original_context as f64 * f / TAU;
                    let smooth = ((turns - low_freq_factor)
                        / (high_freq_factor - low_freq_factor))
                        .clamp(0.0, 1.0);
                    (1.0 - smooth) * f / factor + smooth * f
                })
                .collect(),
            RopeScaling::Yarn {
                factor,
                beta_fast,
                beta_slow,
                truncate,
                original_context,
                ..
            } => {
                // The dimension whose pair turns `turns` times in the original context.
                let dimension = |turns: f64| {
                    dim * (*original_context as f64 / (turns * TAU)).ln()
                        / (2.0 * self.theta.ln())
                };
                let (mut low, mut high) = (dimension(*beta_fast), dimension(*beta_slow));
                if *truncate {
                    (low, high) = (low.floor(), high.ceil());
                }
                let (low, mut high) = (low.max(0.0), high.min(dim - 1.0));
                if low == high {
                    high += 0.001; // as the reference does, to avoid a division by zero
                }
                base.enumerate()
                    .map(|(i, f)| {
                        let stretched = ((i as f64 - low) / (high - low)).clamp(0.0, 1.0);
                        stretched * f / factor + (1.0 - stretched) * f
                    })
                    .collect()
            }
        }
    }

    /// The factor of cosines and sines.
    pub fn attention_factor(&self) -> f64 {
        match self.scaling {
            RopeScaling::Yarn { attention_factor, .. }
            | RopeScaling::Long { attention_factor, .. } => attention_factor,
            _ => 1.0,
        }
    }

    /// The length in tokens beyond which all of a text has other angles; `None` if angles
    /// do not depend on the length.
    pub fn switches_at(&self) -> Option<usize> {
        match &self.scaling {
            RopeScaling::Long { short, long, original_context, .. } => {
                (short != long).then_some(*original_context)
            }
            _ => None,
        }
    }

    /// Checks the constants for heads of `head_dim` channels.
    pub(crate) fn check(&self, head_dim: usize) -> Result<()> {
        if !self.rotated.is_multiple_of(2) || self.rotated > head_dim {
            return Err(invalid_config(format!(
                "{} of {head_dim} channels are rotated",
                self.rotated
            )));
        }
        let positive = |name: &str, value: f64| match value > 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(invalid_config(format!("{name} is {value}"))),
        };
        positive("rope_theta", self.theta)?;
        match &self.scaling {
            RopeScaling::None => Ok(()),
            RopeScaling::Linear { factor } => positive("rope factor", *factor),
            RopeScaling::Llama3 { factor, low_freq_factor, high_freq_factor, .. } => {
                positive("rope factor", *factor)?;
                positive("low_freq_factor", *low_freq_factor)?;
                positive("high_freq_factor", high_freq_factor - low_freq_factor)
            }
            RopeScaling::Yarn {
                factor, beta_fast, beta_slow, attention_factor, ..
            } => {
                positive("rope factor", *factor)?;
                positive("beta_fast", *beta_fast)?;
                positive("beta_slow", *beta_slow)?;
                positive("attention_factor", *attention_factor)
            }
            RopeScaling::Factors(factors) => self.check_factors(factors),
            RopeScaling::Long { short, long, attention_factor, .. } => {
                positive("attention_factor", *attention_factor)?;
                self.check_factors(short)?;
                self.check_factors(long)
            }
        }
    }

    /// Checks that there is a factor for each pair, and that all are positive.
    fn check_factors(&self, factors: &[f32]) -> Result<()> {
        let pairs = self.rotated / 2;
        // They are empty if they are tensors that were not loaded yet.
        if !factors.is_empty() && factors.len() != pairs {
            return Err(invalid_config(format!(
                "it has {} rope factors for {pairs} pairs of channels",
                factors.len()
            )));
        }
        match factors.iter().find(|f| !(**f > 0.0 && f.is_finite())) {
            Some(factor) => Err(invalid_config(format!("a rope factor is {factor}"))),
            None => Ok(()),
        }
    }
}

/// LongRoPE's default for cosines and sines: √(1 + ln(factor) / ln(context)).
pub(super) fn long_attention_factor(factor: f64, original_context: usize) -> f64 {
    match factor > 1.0 && original_context > 1 {
        true => (1.0 + factor.ln() / (original_context as f64).ln()).sqrt(),
        false => 1.0,
    }
}

/// YaRN's default for cosines and sines: 0.1 · `mscale` · ln(factor) + 1.
pub(super) fn yarn_attention_factor(factor: f64, mscale: f64) -> f64 {
    if factor <= 1.0 { 1.0 } else { 0.1 * mscale * factor.ln() + 1.0 }
}

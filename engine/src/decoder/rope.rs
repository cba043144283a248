//! Rotary position embedding (Su et al., 2021, arXiv:2104.09864).

use candle_core::{Device, Result, Tensor};
use candle_nn::rotary_emb;

use crate::config::RopeConfig;

/// The frequencies of a model's rotary embedding.
#[derive(Clone, Debug)]
pub struct Rope {
    frequencies: Vec<f64>,
    attention_factor: f64,
    interleaved: bool,
}

/// Cosines and sines of the positions of one pass, [T, D/2] each. Computed once and
/// used by every layer.
#[derive(Clone, Debug)]
pub struct Rotation {
    cos: Tensor,
    sin: Tensor,
    interleaved: bool,
}

impl Rope {
    /// The rotary embedding of heads of width D.
    pub fn new(config: &RopeConfig, head_dim: usize) -> Rope {
        Rope {
            frequencies: config.frequencies(head_dim),
            attention_factor: config.attention_factor(),
            interleaved: config.interleaved,
        }
    }

    /// Whether the two channels of a pair are neighbours.
    pub fn is_interleaved(&self) -> bool {
        self.interleaved
    }

    /// The cosines and sines of T positions, [T, D/2] each.
    /// Angles are formed in f64: in f32 they would be off by a thousandth of a turn at
    /// position 10,000.
    pub fn angles(
        &self,
        positions: impl ExactSizeIterator<Item = usize>,
    ) -> (Vec<f32>, Vec<f32>) {
        let count = positions.len() * self.frequencies.len();
        let mut cos = Vec::with_capacity(count);
        let mut sin = Vec::with_capacity(count);
        for position in positions {
            for frequency in &self.frequencies {
                let (s, c) = (position as f64 * frequency).sin_cos();
                cos.push((c * self.attention_factor) as f32);
                sin.push((s * self.attention_factor) as f32);
            }
        }
        (cos, sin)
    }

    /// The rotation of T tokens at some positions.
    pub fn rotation(
        &self,
        positions: impl ExactSizeIterator<Item = usize>,
        device: &Device,
    ) -> Result<Rotation> {
        let (count, pairs) = (positions.len(), self.frequencies.len());
        let (cos, sin) = self.angles(positions);
        Ok(Rotation {
            cos: Tensor::from_vec(cos, (count, pairs), device)?,
            sin: Tensor::from_vec(sin, (count, pairs), device)?,
            interleaved: self.interleaved,
        })
    }
}

impl Rotation {
    /// Rotates each pair of channels of `x`, [heads, T, D].
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let x = x.unsqueeze(0)?;
        let rotated = match self.interleaved {
            true => rotary_emb::rope_i(&x, &self.cos, &self.sin)?,
            false => rotary_emb::rope(&x, &self.cos, &self.sin)?,
        };
        rotated.squeeze(0)
    }
}

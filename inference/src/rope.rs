//! Rotary position embedding (Su et al., 2021, arXiv:2104.09864).

use candle_core::{D, Device, Result, Tensor};
use candle_nn::rotary_emb;

use model_files::config::RopeConfig;

/// The frequencies of a model's rotary embedding.
#[derive(Clone, Debug)]
pub(crate) struct Rope {
    /// Of texts up to the original context length, and of longer texts; `[R/2]` each.
    frequencies: [Vec<f64>; 2],
    attention_factor: f64,
    interleaved: bool,
}

/// Cosines and sines of the positions of one pass, [T, R/2] each, where R channels of a
/// head are rotated. Computed once and used by every layer.
#[derive(Clone, Debug)]
pub(crate) struct Rotation {
    cos: Tensor,
    sin: Tensor,
    interleaved: bool,
}

impl Rope {
    /// Builds the rotary embedding of a configuration.
    pub(crate) fn new(config: &RopeConfig) -> Rope {
        Rope {
            frequencies: [config.frequencies(false), config.frequencies(true)],
            attention_factor: config.attention_factor(),
            interleaved: config.interleaved,
        }
    }

    /// Whether the two channels of a pair are neighbours; otherwise they are R/2 apart.
    pub(crate) fn is_interleaved(&self) -> bool {
        self.interleaved
    }

    /// The cosines and sines of T positions, [T, R/2] each. Each position comes with
    /// whether its text is longer than the original context. Angles are computed in f64:
    /// in f32 they would be off by a thousandth of a turn at position 10,000.
    pub(crate) fn angles(
        &self,
        positions: impl ExactSizeIterator<Item = (usize, bool)>,
    ) -> (Vec<f32>, Vec<f32>) {
        let count = positions.len() * self.frequencies[0].len();
        let mut cos = Vec::with_capacity(count);
        let mut sin = Vec::with_capacity(count);
        for (position, long) in positions {
            for frequency in &self.frequencies[usize::from(long)] {
                let (s, c) = (position as f64 * frequency).sin_cos();
                cos.push((c * self.attention_factor) as f32);
                sin.push((s * self.attention_factor) as f32);
            }
        }
        (cos, sin)
    }

    /// The [`angles`](Self::angles) of T positions, as tensors.
    pub(crate) fn rotation(
        &self,
        positions: impl ExactSizeIterator<Item = (usize, bool)>,
        device: &Device,
    ) -> Result<Rotation> {
        let (count, pairs) = (positions.len(), self.frequencies[0].len());
        let (cos, sin) = self.angles(positions);
        Ok(Rotation {
            cos: Tensor::from_vec(cos, (count, pairs), device)?,
            sin: Tensor::from_vec(sin, (count, pairs), device)?,
            interleaved: self.interleaved,
        })
    }
}

impl Rotation {
    /// Rotates each pair of the first channels of `x`, [heads, T, D].
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor> {
        let (head_dim, rotated) = (x.dim(D::Minus1)?, 2 * self.cos.dim(D::Minus1)?);
        if rotated < head_dim {
            let rest = x.narrow(D::Minus1, rotated, head_dim - rotated)?;
            let first = x.narrow(D::Minus1, 0, rotated)?.contiguous()?;
            return match rotated {
                0 => Ok(rest),
                _ => Tensor::cat(&[&self.apply(&first)?, &rest], D::Minus1)?.contiguous(),
            };
        }
        let x = x.unsqueeze(0)?;
        let rotated = match self.interleaved {
            true => rotary_emb::rope_i(&x, &self.cos, &self.sin)?,
            false => rotary_emb::rope(&x, &self.cos, &self.sin)?,
        };
        rotated.squeeze(0)
    }
}

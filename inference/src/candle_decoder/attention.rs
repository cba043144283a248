//! Grouped-query attention (Ainslie et al., 2023, arXiv:2305.13245).
//!
//! T new positions of one or several sequences, N query heads, K key/value heads, D
//! channels per head.

use candle_core::{DType, Device, Result, Tensor};

use super::linear::Linear;
use super::norm::HeadNorm;
use super::scores::{Scores, Span, split_heads};
use super::tap::PassTap;
use crate::rope::Rotation;
use model_files::config::{Config, QkNorm};
use model_files::weights::{AttentionWeights, Matrix, NormWeights};

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    /// Norms of queries and keys.
    qk_norm: Option<(HeadNorm, HeadNorm)>,
    /// Whether they normalise all heads together.
    norms_whole: bool,
    /// They are normalised once they are rotated.
    norms_rotated: bool,
    /// N.
    heads: usize,
    /// K.
    kv_heads: usize,
    /// Projections are clipped to ± this.
    clip: Option<f32>,
    /// What gates the output of the heads.
    gate: Option<Linear>,
    scores: Scores,
}

impl Attention {
    /// Builds the attention of a layer from its weights.
    pub(super) fn new(
        weights: AttentionWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Attention> {
        let AttentionWeights { q_proj, k_proj, v_proj, o_proj, qk_norm, sinks, gate } =
            weights;
        let cache_dtype = k_proj.weight.dtype();
        let (heads, kv_heads) = (config.num_attention_heads, config.num_key_value_heads);
        let head_dim = config.head_dim;
        let kind = config.attention.qk_norm;
        let whole = kind == QkNorm::Whole;
        let norm = |weights: &NormWeights, heads| {
            // Normalised together, they are one.
            let sizes = if whole { (1, heads * head_dim) } else { (heads, head_dim) };
            HeadNorm::new(weights, &config.norm, sizes, device)
        };
        let qk_norm = match &qk_norm {
            Some((q, k)) => Some((norm(q, heads)?, norm(k, kv_heads)?)),
            None => None,
        };
        Ok(Attention {
            q_proj: Linear::new(q_proj, device)?,
            k_proj: Linear::new(k_proj, device)?,
            v_proj: Linear::new(v_proj, device)?,
            o_proj: Linear::new(o_proj, device)?,
            qk_norm,
            norms_whole: whole,
            norms_rotated: kind == QkNorm::HeadsRotated,
            heads,
            kv_heads,
            clip: config.attention.clip,
            gate: gate.map(|gate| Linear::new(gate, device)).transpose()?,
            scores: Scores::new(config, sinks, cache_dtype, device)?,
        })
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<AttentionWeights<&Matrix>> {
        let qk_norm = match &self.qk_norm {
            Some((q_norm, k_norm)) => Some((q_norm.weights()?, k_norm.weights()?)),
            None => None,
        };
        Ok(AttentionWeights {
            q_proj: self.q_proj.weights()?,
            k_proj: self.k_proj.weights()?,
            v_proj: self.v_proj.weights()?,
            o_proj: self.o_proj.weights()?,
            qk_norm,
            sinks: self.scores.sinks()?,
            gate: self.gate.as_ref().map(Linear::weights).transpose()?,
        })
    }

    /// [T, H] to [T, H] in f32. The spans cover the T rows in order; with a tap, there is
    /// one. `rotation` is `None` in a layer without rotary embedding. Each product takes
    /// the rows of all sequences at once.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
        tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        // 1. Project, normalise, and split into heads: [T, N · D] -> [N, T, D].
        let x = &self.q_proj.weight.input(x)?;
        let q = self.q_proj.forward(x)?;
        let k = self.k_proj.forward(x)?;
        let (q, k) = match &self.qk_norm {
            Some((q_norm, k_norm)) if self.norms_whole => (
                split_heads(&q_norm.forward(&q)?, self.heads)?,
                split_heads(&k_norm.forward(&k)?, self.kv_heads)?,
            ),
            Some((q_norm, k_norm)) if !self.norms_rotated => (
                q_norm.forward(&split_heads(&q, self.heads)?)?,
                k_norm.forward(&split_heads(&k, self.kv_heads)?)?,
            ),
            _ => (split_heads(&q, self.heads)?, split_heads(&k, self.kv_heads)?),
        };
        let (q, k) = (self.clipped(q)?, self.clipped(k)?);
        let v = split_heads(&self.clipped(self.v_proj.forward(x)?)?, self.kv_heads)?;

        // 2. Rotate by position.
        let (q, k) = match rotation {
            Some(rotation) => (rotation.apply(&q)?, rotation.apply(&k)?),
            None => (q, k),
        };
        let (q, k) = match &self.qk_norm {
            Some((q_norm, k_norm)) if self.norms_rotated => {
                (q_norm.forward(&q)?, k_norm.forward(&k)?)
            }
            _ => (q, k),
        };

        // 3. Each sequence by itself, then join the heads: [T, N · D].
        let mixed = self.scores.attend_all([&q, &k, &v], spans, tap)?;

        // 4. Gate and project.
        match &self.gate {
            Some(gate) => {
                let gate = candle_nn::ops::sigmoid(&gate.forward(x)?)?;
                self.o_proj.forward(&(mixed * gate)?)
            }
            None => self.o_proj.forward(&mixed),
        }
    }

    /// The number format of keys and values in the cache.
    pub(super) fn cache_dtype(&self) -> DType {
        self.scores.cache_dtype()
    }

    fn clipped(&self, x: Tensor) -> Result<Tensor> {
        match self.clip {
            Some(most) => x.clamp(-most, most),
            None => Ok(x),
        }
    }
}

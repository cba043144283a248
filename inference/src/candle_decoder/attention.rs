//! Grouped-query attention (Ainslie et al., 2023, arXiv:2305.13245).
//!
//! T new positions of one or several sequences, N query heads, K key/value heads, D
//! channels per head.

use candle_core::{DType, Device, Result, Tensor};

use super::linear::Linear;
use super::norm::{HeadNorm, Norm};
use super::scores::{Scores, Span, split_heads};
use super::tap::PassTap;
use crate::rope::Rotation;
use model_files::config::{Config, QkNorm};
use model_files::weights::{AttentionWeights, Matrix, NormWeights};

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct Attention {
    q_proj: Linear,
    /// Keys and values; `None` in a layer that has those of another.
    own: Option<(Linear, Linear)>,
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
    /// The norm of values.
    value_norm: Option<Norm>,
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
        let cache_dtype = k_proj.as_ref().unwrap_or(&q_proj).weight.dtype();
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
        let no_weights = NormWeights { weight: vec![1.0; head_dim], bias: None };
        Ok(Attention {
            q_proj: Linear::new(q_proj, device)?,
            own: match (k_proj, v_proj) {
                (Some(keys), Some(values)) => {
                    Some((Linear::new(keys, device)?, Linear::new(values, device)?))
                }
                _ => None,
            },
            value_norm: match config.attention.value_norm {
                true => Some(Norm::new(&no_weights, &config.norm, device)?),
                false => None,
            },
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
            k_proj: self.own.as_ref().map(|(keys, _)| keys.weights()).transpose()?,
            v_proj: self.own.as_ref().map(|(_, values)| values.weights()).transpose()?,
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
        // 1. Project and split into heads, [T, N · D] -> [N, T, D]; normalise, and rotate by
        //    position.
        let x = &self.q_proj.weight.input(x)?;
        let (q_norm, k_norm) = self.qk_norm.as_ref().map(|(q, k)| (q, k)).unzip();
        let q = self.prepared(self.q_proj.forward(x)?, self.heads, q_norm, rotation)?;
        let own = match &self.own {
            None => None,
            Some((keys, values)) => {
                let keys = keys.forward(x)?;
                let values = self.clipped(values.forward(x)?)?;
                let values = split_heads(&values, self.kv_heads)?;
                Some((
                    self.prepared(keys, self.kv_heads, k_norm, rotation)?,
                    match &self.value_norm {
                        Some(norm) => norm.forward(&values)?,
                        None => values,
                    },
                ))
            }
        };

        // 2. Each sequence by itself, then join the heads: [T, N · D].
        let own = own.as_ref().map(|(k, v)| [k, v]);
        let mixed = self.scores.attend_all(&q, own, spans, tap)?;

        // 3. Gate and project.
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

    /// Queries or keys, [T, heads · D], as they meet each other: [heads, T, D].
    fn prepared(
        &self,
        x: Tensor,
        heads: usize,
        norm: Option<&HeadNorm>,
        rotation: Option<&Rotation>,
    ) -> Result<Tensor> {
        let x = match norm {
            Some(norm) if self.norms_whole => split_heads(&norm.forward(&x)?, heads)?,
            Some(norm) if !self.norms_rotated => {
                norm.forward(&split_heads(&x, heads)?)?
            }
            _ => split_heads(&x, heads)?,
        };
        let x = self.clipped(x)?;
        let x = match rotation {
            Some(rotation) => rotation.apply(&x)?,
            None => x,
        };
        match norm {
            Some(norm) if self.norms_rotated => norm.forward(&x),
            _ => Ok(x),
        }
    }

    fn clipped(&self, x: Tensor) -> Result<Tensor> {
        match self.clip {
            Some(most) => x.clamp(-most, most),
            None => Ok(x),
        }
    }
}

//! Grouped-query attention (Ainslie et al., 2023, arXiv:2305.13245).
//!
//! T new positions of one or several sequences, S positions of a sequence in all, N
//! query heads, K key/value heads in groups of G = N / K, D channels per head.

use std::ops::Range;

use candle_core::{D, DType, Device, Result, Tensor};

use super::cache::LayerCache;
use super::linear::Linear;
use super::norm::Norm;
use super::tap::PassTap;
use crate::rope::Rotation;
use model_files::config::{Config, QkNorm};
use model_files::weights::{AttentionWeights, Matrix};

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    /// Norms of queries and keys.
    qk_norm: Option<(Norm, Norm)>,
    /// Whether they normalise all heads together.
    norms_whole: bool,
    /// D.
    head_dim: usize,
    /// N.
    heads: usize,
    /// K.
    kv_heads: usize,
    /// Projections are clipped to ± this.
    clip: Option<f32>,
    /// For each head a score more in its softmax, without a value, [K, G, 1, 1].
    sinks: Option<Tensor>,
    scale: f64,
    cap: Option<f32>,
}

/// The rows of a pass that continue one sequence.
#[derive(Debug)]
pub(crate) struct Span<'a> {
    /// Their indices among the T.
    pub(crate) rows: Range<usize>,
    /// The additive mask, [rows, S]; `None` if every row sees everything.
    pub(crate) mask: Option<Tensor>,
    /// What is added to scores by position, [K, G, 1, S].
    pub(crate) bias: Option<Tensor>,
    /// The cache of the sequence's earlier positions.
    pub(crate) cache: &'a mut LayerCache,
}

impl Attention {
    /// Builds the attention of a layer from its weights.
    pub(super) fn new(
        weights: AttentionWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Attention> {
        let AttentionWeights { q_proj, k_proj, v_proj, o_proj, qk_norm, sinks } = weights;
        let kv_heads = config.num_key_value_heads;
        let of_heads = (kv_heads, config.group_size(), 1, 1);
        let sinks = sinks.map(|sinks| Tensor::from_vec(sinks, of_heads, device));
        let qk_norm = match &qk_norm {
            Some((q, k)) => Some((
                Norm::new(q, &config.norm, device)?,
                Norm::new(k, &config.norm, device)?,
            )),
            None => None,
        };
        Ok(Attention {
            q_proj: Linear::new(q_proj, device)?,
            k_proj: Linear::new(k_proj, device)?,
            v_proj: Linear::new(v_proj, device)?,
            o_proj: Linear::new(o_proj, device)?,
            qk_norm,
            norms_whole: config.attention.qk_norm == QkNorm::Whole,
            head_dim: config.head_dim,
            heads: config.num_attention_heads,
            kv_heads,
            clip: config.attention.clip,
            sinks: sinks.transpose()?,
            scale: config.attention.scale,
            cap: config.attention.cap,
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
            sinks: match &self.sinks {
                Some(sinks) => Some(sinks.flatten_all()?.to_vec1()?),
                None => None,
            },
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
                self.split_heads(&q_norm.forward(&q)?, self.heads)?,
                self.split_heads(&k_norm.forward(&k)?, self.kv_heads)?,
            ),
            Some((q_norm, k_norm)) => (
                q_norm.forward(&self.split_heads(&q, self.heads)?)?,
                k_norm.forward(&self.split_heads(&k, self.kv_heads)?)?,
            ),
            None => {
                (self.split_heads(&q, self.heads)?, self.split_heads(&k, self.kv_heads)?)
            }
        };
        let (q, k) = (self.clipped(q)?, self.clipped(k)?);
        let v =
            self.split_heads(&self.clipped(self.v_proj.forward(x)?)?, self.kv_heads)?;

        // 2. Rotate by position.
        let (q, k) = match rotation {
            Some(rotation) => (rotation.apply(&q)?, rotation.apply(&k)?),
            None => (q, k),
        };

        // 3. Each sequence by itself, then join the heads: [T, N · D].
        let mixed = match spans {
            [span] => self.attend(&q, &k, &v, span, tap)?,
            spans => {
                let mixed = spans.iter_mut().map(|span| {
                    let Range { start, .. } = span.rows;
                    let count = span.rows.len();
                    let part = |x: &Tensor| x.narrow(1, start, count)?.contiguous();
                    self.attend(&part(&q)?, &part(&k)?, &part(&v)?, span, None)
                });
                Tensor::cat(&mixed.collect::<Result<Vec<_>>>()?, 0)?
            }
        };
        self.o_proj.forward(&mixed)
    }

    /// Attention of the T positions of one sequence, in f32: queries [N, T, D], keys and
    /// values [K, T, D], to [T, N · D].
    fn attend(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        span: &mut Span<'_>,
        tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        let count = q.dim(1)?;
        let group = self.heads / self.kv_heads;

        // 1. Keys and values of all positions, [K, S, D]. The cache has the
        //    number format of the weights; sums are in f32.
        let cache_dtype = self.cache_dtype();
        let keys =
            span.cache.keys.append(&k.to_dtype(cache_dtype)?)?.to_dtype(DType::F32)?;
        let values =
            span.cache.values.append(&v.to_dtype(cache_dtype)?)?.to_dtype(DType::F32)?;
        let total = keys.dim(1)?;

        // 2. Scores. The G query heads of a group are stacked along the positions, so
        //    that keys and values need not be repeated: [K, G · T, D] · [K, D, S].
        let q = q.reshape((self.kv_heads, group * count, self.head_dim))?;
        let mut scores = (q * self.scale)?.matmul(&keys.t()?)?;
        if let Some(cap) = self.cap {
            scores = capped(&scores, cap)?;
        }
        for added in span.mask.iter().chain(&span.bias) {
            scores = scores
                .reshape((self.kv_heads, group, count, total))?
                .broadcast_add(added)?
                .reshape((self.kv_heads, group * count, total))?;
        }
        let weights = match &self.sinks {
            None => candle_nn::ops::softmax_last_dim(&scores)?,
            Some(sinks) => {
                let shape = (self.kv_heads, group, count, 1);
                let sinks = sinks.broadcast_as(shape)?;
                let sinks = sinks.reshape((self.kv_heads, group * count, 1))?;
                let with_sinks = Tensor::cat(&[&scores, &sinks], D::Minus1)?;
                let weights = candle_nn::ops::softmax_last_dim(&with_sinks)?;
                weights.narrow(D::Minus1, 0, total)?.contiguous()?
            }
        };
        if let Some(tap) = tap {
            tap.keep_attention(&weights.reshape((self.heads, count, total))?)?;
        }

        // 3. Mix the values and join the heads: [K, G · T, D] -> [T, N · D].
        weights
            .matmul(&values.contiguous()?)?
            .reshape((self.heads, count, self.head_dim))?
            .transpose(0, 1)?
            .contiguous()?
            .flatten_from(D::Minus2)
    }

    /// The number format of keys and values in the cache.
    pub(super) fn cache_dtype(&self) -> DType {
        self.k_proj.weight.dtype()
    }

    fn clipped(&self, x: Tensor) -> Result<Tensor> {
        match self.clip {
            Some(most) => x.clamp(-most, most),
            None => Ok(x),
        }
    }

    /// [T, heads · D] to [heads, T, D].
    fn split_heads(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        let (count, _) = x.dims2()?;
        x.reshape((count, heads, self.head_dim))?.transpose(0, 1)?.contiguous()
    }
}

/// cap · tanh(x / cap).
pub(super) fn capped(x: &Tensor, cap: f32) -> Result<Tensor> {
    let cap = f64::from(cap);
    (x / cap)?.tanh()? * cap
}

//! Grouped-query attention (Ainslie et al., 2023, arXiv:2305.13245).
//!
//! T new positions, of one sequence or several, S positions of a sequence in all, N query
//! heads, K key/value heads in groups of G = N / K, D channels per head.

use std::ops::Range;

use candle_core::{D, DType, Result, Tensor};

use super::{LayerCache, Linear, RmsNorm, Rotation};

/// The attention of one layer.
#[derive(Debug)]
pub struct Attention {
    /// [N · D, H].
    pub q_proj: Linear,
    /// [K · D, H].
    pub k_proj: Linear,
    /// [K · D, H].
    pub v_proj: Linear,
    /// [H, N · D].
    pub o_proj: Linear,
    /// Per-head norms of queries and keys (Qwen3), weight `[D]`.
    pub qk_norm: Option<(RmsNorm, RmsNorm)>,
    /// D.
    pub head_dim: usize,
    /// N.
    pub heads: usize,
    /// K.
    pub kv_heads: usize,
}

/// The rows of a pass that continue one sequence.
#[derive(Debug)]
pub struct Span<'a> {
    /// Which of the T they are.
    pub rows: Range<usize>,
    /// What each may see, [rows, S]; none if it is everything.
    pub mask: Option<Tensor>,
    /// What the sequence has had so far.
    pub cache: &'a mut LayerCache,
}

impl Attention {
    /// [T, H] to [T, H] in f32; the spans make T in their order. `rotation` is none in a
    /// layer without positions. Products share the rows of all sequences.
    pub fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
    ) -> Result<Tensor> {
        // 1. Project and split into heads: [T, N · D] -> [N, T, D].
        let x = self.q_proj.weight.input(x)?;
        let q = self.split(&self.q_proj.forward(&x)?, self.heads)?;
        let k = self.split(&self.k_proj.forward(&x)?, self.kv_heads)?;
        let v = self.split(&self.v_proj.forward(&x)?, self.kv_heads)?;

        // 2. Normalise per head, then rotate by position.
        let (q, k) = match &self.qk_norm {
            Some((q_norm, k_norm)) => (q_norm.forward(&q)?, k_norm.forward(&k)?),
            None => (q, k),
        };
        let (q, k) = match rotation {
            Some(rotation) => (rotation.apply(&q)?, rotation.apply(&k)?),
            None => (q, k),
        };

        // 3. Each sequence by itself, then join the heads: [T, N · D].
        let mixed = match spans {
            [span] => self.attend(&q, &k, &v, span)?,
            spans => {
                let mixed = spans.iter_mut().map(|span| {
                    let Range { start, .. } = span.rows;
                    let count = span.rows.len();
                    let part = |x: &Tensor| x.narrow(1, start, count)?.contiguous();
                    self.attend(&part(&q)?, &part(&k)?, &part(&v)?, span)
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
    ) -> Result<Tensor> {
        let count = q.dim(1)?;
        let group = self.heads / self.kv_heads;

        // 1. Keys and values of all positions, [K, S, D]. They are kept as the weights
        //    are, and summed up in f32.
        let kept = self.cache_dtype();
        let (keys, values) = span.cache.append(&k.to_dtype(kept)?, &v.to_dtype(kept)?)?;
        let (keys, values) = (keys.to_dtype(DType::F32)?, values.to_dtype(DType::F32)?);
        let total = keys.dim(1)?;

        // 2. Scores. The G query heads of a group are stacked along the positions, so
        //    that keys and values need not be repeated: [K, G · T, D] · [K, D, S].
        let scale = 1.0 / (self.head_dim as f64).sqrt();
        let q = (q.reshape((self.kv_heads, group * count, self.head_dim))? * scale)?;
        let scores = q.matmul(&keys.t()?)?;
        let scores = match &span.mask {
            Some(mask) => scores
                .reshape((self.kv_heads, group, count, total))?
                .broadcast_add(mask)?
                .reshape((self.kv_heads, group * count, total))?,
            None => scores,
        };
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;

        // 3. Mix the values and join the heads: [K, G · T, D] -> [T, N · D].
        weights
            .matmul(&values.contiguous()?)?
            .reshape((self.heads, count, self.head_dim))?
            .transpose(0, 1)?
            .contiguous()?
            .flatten_from(D::Minus2)
    }

    /// The number format of keys and values in the cache.
    pub fn cache_dtype(&self) -> DType {
        self.k_proj.weight.dtype()
    }

    fn split(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        let (count, _) = x.dims2()?;
        x.reshape((count, heads, self.head_dim))?.transpose(0, 1)?.contiguous()
    }
}

//! Grouped-query attention (Ainslie et al., 2023, arXiv:2305.13245).
//!
//! T new positions, S positions in all, N query heads, K key/value heads in groups of
//! G = N / K, D channels per head.

use candle_core::{D, Result, Tensor};

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

impl Attention {
    /// [T, H] to [T, H]. `rotation` is none in a layer without positions; `mask` is
    /// [T, S].
    pub fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        mask: Option<&Tensor>,
        cache: &mut LayerCache,
    ) -> Result<Tensor> {
        let (count, _) = x.dims2()?;
        let group = self.heads / self.kv_heads;

        // 1. Project and split into heads: [T, N · D] -> [N, T, D].
        let q = self.split(&self.q_proj.forward(x)?, self.heads)?;
        let k = self.split(&self.k_proj.forward(x)?, self.kv_heads)?;
        let v = self.split(&self.v_proj.forward(x)?, self.kv_heads)?;

        // 2. Normalise per head, then rotate by position.
        let (q, k) = match &self.qk_norm {
            Some((q_norm, k_norm)) => (q_norm.forward(&q)?, k_norm.forward(&k)?),
            None => (q, k),
        };
        let (q, k) = match rotation {
            Some(rotation) => (rotation.apply(&q)?, rotation.apply(&k)?),
            None => (q, k),
        };

        // 3. Keys and values of all positions: [K, S, D].
        let (keys, values) = cache.append(&k, &v)?;
        let total = keys.dim(1)?;

        // 4. Scores. The G query heads of a group are stacked along the positions, so
        //    that keys and values need not be repeated: [K, G · T, D] · [K, D, S].
        let scale = 1.0 / (self.head_dim as f64).sqrt();
        let q = (q.reshape((self.kv_heads, group * count, self.head_dim))? * scale)?;
        let scores = q.matmul(&keys.t()?)?;
        let scores = match mask {
            Some(mask) => scores
                .reshape((self.kv_heads, group, count, total))?
                .broadcast_add(mask)?
                .reshape((self.kv_heads, group * count, total))?,
            None => scores,
        };
        let weights = candle_nn::ops::softmax_last_dim(&scores)?;

        // 5. Mix the values and join the heads: [K, G · T, D] -> [T, N · D].
        let mixed = weights
            .matmul(&values.contiguous()?)?
            .reshape((self.heads, count, self.head_dim))?
            .transpose(0, 1)?
            .contiguous()?
            .flatten_from(D::Minus2)?;
        self.o_proj.forward(&mixed)
    }

    fn split(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        let (count, _) = x.dims2()?;
        x.reshape((count, heads, self.head_dim))?.transpose(0, 1)?.contiguous()
    }
}

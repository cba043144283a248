//! Multi-head latent attention (DeepSeek-V2; arXiv:2405.04434, section 2.1). Keys and values
//! are cached as heads have them, not as the narrow projection that they come from: that
//! takes more memory, and no product more for each token.
//!
//! T tokens, N heads, D channels per query and key, R of them rotated, E per value.

use candle_core::{D, DType, Device, Result, Tensor};

use super::linear::Linear;
use super::norm::Norm;
use super::scores::{Scores, Span, split_heads};
use super::tap::PassTap;
use crate::rope::Rotation;
use model_files::config::{Config, Latent, NormConfig};
use model_files::weights::{LatentWeights, Matrix};

/// ε of the norms of narrow projections, whatever the others have.
const EPSILON: f64 = 1e-6;

/// The attention of one layer.
#[derive(Debug)]
pub(super) struct LatentAttention {
    sizes: Latent,
    /// N.
    heads: usize,
    /// D.
    head_dim: usize,
    query_down: Option<(Linear, Norm)>,
    query: Linear,
    down: Linear,
    norm: Norm,
    up: Linear,
    output: Linear,
    scores: Scores,
}

impl LatentAttention {
    /// Builds the attention of a layer from its weights.
    pub(super) fn new(
        weights: LatentWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<LatentAttention> {
        let Some(sizes) = config.latent else {
            candle_core::bail!("the configuration has no latent attention")
        };
        let norm = NormConfig { epsilon: EPSILON, ..config.norm };
        let cache_dtype = weights.up.weight.dtype();
        Ok(LatentAttention {
            sizes,
            heads: config.num_attention_heads,
            head_dim: config.head_dim,
            query_down: match weights.query_down {
                Some((down, weights)) => Some((
                    Linear::new(down, device)?,
                    Norm::new(&weights, &norm, device)?,
                )),
                None => None,
            },
            query: Linear::new(weights.query, device)?,
            down: Linear::new(weights.down, device)?,
            norm: Norm::new(&weights.norm, &norm, device)?,
            up: Linear::new(weights.up, device)?,
            output: Linear::new(weights.output, device)?,
            scores: Scores::new(config, None, cache_dtype, device)?,
        })
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<LatentWeights<&Matrix>> {
        Ok(LatentWeights {
            query_down: match &self.query_down {
                Some((down, norm)) => Some((down.weights()?, norm.weights()?)),
                None => None,
            },
            query: self.query.weights()?,
            down: self.down.weights()?,
            norm: self.norm.weights()?,
            up: self.up.weights()?,
            output: self.output.weights()?,
        })
    }

    /// The numbers of a token's keys and values.
    pub(super) fn cached_width(&self) -> usize {
        self.heads * (self.head_dim + self.sizes.value_width)
    }

    /// The number format of keys and values in the cache.
    pub(super) fn cache_dtype(&self) -> DType {
        self.scores.cache_dtype()
    }

    /// [T, H] to [T, H] in f32. The spans cover the T rows in order; with a tap, there is one.
    pub(super) fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
        tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        let Latent { rank, rotated, value_width, .. } = self.sizes;
        let plain = self.sizes.plain(self.head_dim);
        let part = |x: &Tensor, first: usize, width: usize| {
            x.narrow(D::Minus1, first, width)?.contiguous()
        };

        // 1. Queries, [N, T, D].
        let queries = match &self.query_down {
            Some((down, norm)) => {
                self.query.forward(&norm.forward(&down.forward(x)?)?)?
            }
            None => self.query.forward(x)?,
        };
        let queries = split_heads(&queries, self.heads)?;

        // 2. Keys without their rotated channels and values, [N, T, D − R + E]; the rotated
        //    channels of all keys, [1, T, R].
        let down = self.down.forward(x)?;
        let up = self.up.forward(&self.norm.forward(&part(&down, 0, rank)?)?)?;
        let up = split_heads(&up, self.heads)?;
        let shared = part(&down, rank, rotated)?.unsqueeze(0)?;

        // 3. Rotate the last channels by position.
        let rotate = |x: &Tensor| match rotation {
            Some(rotation) => rotation.apply(x),
            None => Ok(x.clone()),
        };
        let query =
            [part(&queries, 0, plain)?, rotate(&part(&queries, plain, rotated)?)?];
        let shared = rotate(&shared)?.repeat((self.heads, 1, 1))?;
        let key = [part(&up, 0, plain)?, shared];
        let (q, k) = (Tensor::cat(&query, D::Minus1)?, Tensor::cat(&key, D::Minus1)?);
        let v = part(&up, plain, value_width)?;

        self.output.forward(&self.scores.attend_all(&q, Some([&k, &v]), spans, tap)?)
    }
}

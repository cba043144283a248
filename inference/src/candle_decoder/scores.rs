//! From queries, keys and values to what heads give.
//!
//! T new positions of one or several sequences, S positions of a sequence in all, N query
//! heads, K key/value heads in groups of G = N / K, D channels per query and key, E per value.

use std::ops::Range;

use candle_core::{D, DType, Device, Result, Tensor};

use super::cache::LayerCache;
use super::tap::PassTap;
use model_files::config::Config;

/// How heads attend.
#[derive(Debug)]
pub(super) struct Scores {
    /// N.
    heads: usize,
    /// K.
    kv_heads: usize,
    scale: f64,
    cap: Option<f32>,
    /// For each head a score more in its softmax, without a value, [K, G, 1, 1].
    sinks: Option<Tensor>,
    /// The number format of keys and values in the cache.
    cache_dtype: DType,
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
    /// S, the positions up to the last of these rows.
    pub(crate) end: usize,
    /// The cache of the sequence's earlier positions, or of the layer whose keys and values
    /// are taken.
    pub(crate) cache: &'a mut LayerCache,
    /// What layers hand to those after them, or have as inputs, a row for each; empty but
    /// for RWKV and Gemma 3n.
    pub(crate) handed_on: &'a mut [f32],
}

impl Scores {
    /// The heads of a configuration, with a score more for each if there are `sinks`.
    pub(super) fn new(
        config: &Config,
        sinks: Option<Vec<f32>>,
        cache_dtype: DType,
        device: &Device,
    ) -> Result<Scores> {
        let kv_heads = config.num_key_value_heads;
        let of_heads = (kv_heads, config.group_size(), 1, 1);
        let sinks = sinks.map(|sinks| Tensor::from_vec(sinks, of_heads, device));
        Ok(Scores {
            heads: config.num_attention_heads,
            kv_heads,
            scale: config.attention.scale,
            cap: config.attention.cap,
            sinks: sinks.transpose()?,
            cache_dtype,
        })
    }

    /// The score more of each head, `[N]`, copied from its device.
    pub(super) fn sinks(&self) -> Result<Option<Vec<f32>>> {
        match &self.sinks {
            Some(sinks) => Ok(Some(sinks.flatten_all()?.to_vec1()?)),
            None => Ok(None),
        }
    }

    /// The number format of keys and values in the cache.
    pub(super) fn cache_dtype(&self) -> DType {
        self.cache_dtype
    }

    /// Attention of the T positions, each sequence by itself: queries [N, T, D], keys [K, T,
    /// D] and values [K, T, E], to [T, N · E]; without keys and values, to those that are
    /// cached already. The spans cover the T rows in order; with a tap, there is one.
    pub(super) fn attend_all(
        &self,
        q: &Tensor,
        own: Option<[&Tensor; 2]>,
        spans: &mut [Span<'_>],
        tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        match spans {
            [span] => self.attend(q, own, span, tap),
            spans => {
                let mixed = spans.iter_mut().map(|span| {
                    let Range { start, .. } = span.rows;
                    let count = span.rows.len();
                    let part = |x: &Tensor| x.narrow(1, start, count)?.contiguous();
                    let own = match own {
                        Some([k, v]) => Some((part(k)?, part(v)?)),
                        None => None,
                    };
                    let own = own.as_ref().map(|(k, v)| [k, v]);
                    self.attend(&part(q)?, own, span, None)
                });
                Tensor::cat(&mixed.collect::<Result<Vec<_>>>()?, 0)
            }
        }
    }

    /// Attention of the T positions of one sequence, in f32.
    fn attend(
        &self,
        q: &Tensor,
        own: Option<[&Tensor; 2]>,
        span: &mut Span<'_>,
        tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        let (_, count, head_dim) = q.dims3()?;
        let group = self.heads / self.kv_heads;

        // 1. Keys and values of all positions, [K, S, D] and [K, S, E]. The cache has the
        //    number format of the weights; sums are in f32.
        let cached = |x: &Tensor| x.to_dtype(self.cache_dtype);
        let (keys, values) = match own {
            Some([k, v]) => (
                span.cache.keys.append(&cached(k)?)?,
                span.cache.values.append(&cached(v)?)?,
            ),
            None => {
                (span.cache.keys.first(span.end)?, span.cache.values.first(span.end)?)
            }
        };
        let (keys, values) = (keys.to_dtype(DType::F32)?, values.to_dtype(DType::F32)?);
        let total = keys.dim(1)?;

        // 2. Scores. The G query heads of a group are stacked along the positions, so
        //    that keys and values need not be repeated: [K, G · T, D] · [K, D, S].
        let q = q.reshape((self.kv_heads, group * count, head_dim))?;
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

        // 3. Mix the values and join the heads: [K, G · T, E] -> [T, N · E].
        weights
            .matmul(&values.contiguous()?)?
            .reshape((self.heads, count, values.dim(2)?))?
            .transpose(0, 1)?
            .contiguous()?
            .flatten_from(D::Minus2)
    }
}

/// [T, heads · D] to [heads, T, D].
pub(super) fn split_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (count, width) = x.dims2()?;
    x.reshape((count, heads, width / heads))?.transpose(0, 1)?.contiguous()
}

/// cap · tanh(x / cap).
pub(super) fn capped(x: &Tensor, cap: f32) -> Result<Tensor> {
    let cap = f64::from(cap);
    (x / cap)?.tanh()? * cap
}

//! The weights and the cache of one layer.

use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use kernels::{CacheFormat, HeadCache, PackedMatrix};

use crate::config::LayerKind;

/// One block: attention and MLP, each after a norm and added to the residual stream.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) kind: LayerKind,
    pub(super) input_layernorm: Vec<f32>,
    pub(super) q_proj: Projection,
    pub(super) k_proj: Projection,
    pub(super) v_proj: Projection,
    pub(super) o_proj: Projection,
    /// Per-head norms of queries and keys.
    pub(super) qk_norm: Option<(Vec<f32>, Vec<f32>)>,
    pub(super) post_attention_layernorm: Vec<f32>,
    pub(super) gate_proj: Projection,
    pub(super) up_proj: Projection,
    pub(super) down_proj: Projection,
    pub(super) cache: Vec<Head>,
}

/// A packed matrix with an optional bias.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) weight: PackedMatrix,
    pub(super) bias: Option<Vec<f32>>,
}

/// The cache of one key/value head. One member of the team at a time appends to it, and
/// several read it after that: the locks are never waited for.
#[derive(Debug)]
pub(super) struct Head(RwLock<(HeadCache, HeadCache)>);

impl Head {
    pub(super) fn new(format: CacheFormat, head_dim: usize) -> Head {
        let empty = HeadCache::new(format, head_dim);
        Head(RwLock::new((empty.clone(), empty)))
    }

    /// Appends a key.
    pub(super) fn push_key(&self, key: &[f32]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).0.push(key);
    }

    /// Appends a value.
    pub(super) fn push_value(&self, value: &[f32]) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).1.push(value);
    }

    /// Reads keys and values.
    pub(super) fn read(&self, look: impl FnOnce(&HeadCache, &HeadCache)) {
        let cache = self.0.read().unwrap_or_else(PoisonError::into_inner);
        look(&cache.0, &cache.1);
    }
}

impl Layer {
    /// Forgets all positions from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        for head in &mut self.cache {
            let cache = head.0.get_mut().unwrap_or_else(PoisonError::into_inner);
            cache.0.truncate(length);
            cache.1.truncate(length);
        }
    }

    /// The positions that the token at `position` sees.
    pub(super) fn visible(&self, position: usize) -> Range<usize> {
        let first = match self.kind.window {
            Some(window) => (position + 1).saturating_sub(window),
            None => 0,
        };
        first..position + 1
    }
}

//! The weights of one layer.

use std::ops::Range;

use kernels::PackedMatrix;

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
}

/// A packed matrix with an optional bias.
#[derive(Debug)]
pub(super) struct Projection {
    pub(super) weight: PackedMatrix,
    pub(super) bias: Option<Vec<f32>>,
}

impl Layer {
    /// The positions that the token at `position` sees.
    pub(super) fn visible(&self, position: usize) -> Range<usize> {
        let first = match self.kind.window {
            Some(window) => (position + 1).saturating_sub(window),
            None => 0,
        };
        first..position + 1
    }
}

//! The state that a pass reads and changes.

use std::sync::Arc;

use kernels::{
    CHUNK_POSITIONS, CacheFormat, Kernels, OutOfMemory, PackedMatrix, SOFTMAX_STATS,
    SharedBuffer,
};
use model_files::config::Config;
use model_files::weights::{EmbeddingProjections, LayerInputs, NormWeights};

use super::buffers::Buffers;
use super::layers::Layers;
use super::sequence::Sequence;
use crate::rope::Rope;

/// Weights, buffers, and the caches of all sequences.
#[derive(Debug)]
pub(super) struct DecoderState {
    pub(super) config: Config,
    pub(super) kernels: Kernels,
    pub(super) embed_tokens: Arc<PackedMatrix>,
    /// What lies between embeddings of another width and the blocks.
    pub(super) projections: Option<EmbeddingProjections>,
    /// Learned position embeddings, [context, H].
    pub(super) positions: Option<Vec<f32>>,
    /// The norm of the embeddings.
    pub(super) embedding_norm: Option<NormWeights>,
    /// The inputs of layers for each token, [tokens, L · P].
    pub(super) layer_embedding: Option<PackedMatrix>,
    /// What else several residual streams and inputs of layers are made of.
    pub(super) inputs: Option<Box<LayerInputs<PackedMatrix>>>,
    pub(super) layers: Layers,
    pub(super) norm: NormWeights,
    pub(super) lm_head: Arc<PackedMatrix>,
    /// `[V]`.
    pub(super) head_bias: Option<Vec<f32>>,
    /// The rotary embedding of most layers, and that of layers with a window if it
    /// differs.
    pub(super) ropes: (Rope, Option<Rope>),
    pub(super) buffers: Buffers,
    pub(super) cache: CacheFormat,
    pub(super) sequences: Vec<Sequence>,
}

impl DecoderState {
    /// Grows the buffer of attention's partial results to what a single token with
    /// `positions` positions needs.
    ///
    /// # Errors
    /// If it does not fit in memory.
    pub(super) fn reserve_partials(
        &mut self,
        positions: usize,
    ) -> Result<(), OutOfMemory> {
        // One chunk more, because a window may begin within a chunk.
        let chunks = positions.div_ceil(CHUNK_POSITIONS) + 1;
        let length = chunks
            * self.config.num_attention_heads
            * (self.config.head_dim + SOFTMAX_STATS);
        if self.buffers.partials.length() < length {
            self.buffers.partials = SharedBuffer::zeros(length.next_power_of_two())?;
        }
        Ok(())
    }
}

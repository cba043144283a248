//! What a pass works on.

use std::sync::Arc;

use kernels::{
    CHUNK_POSITIONS, CacheFormat, Kernels, OutOfMemory, PackedMatrix, SOFTMAX_STATS,
    SharedBuffer,
};
use model_files::config::Config;
use model_files::weights::{LayerWeights, NormWeights};

use super::buffers::Buffers;
use super::sequence::Sequence;
use crate::rope::Rope;

/// What a pass works on: weights, buffers, and the caches of the sequences that are read.
#[derive(Debug)]
pub(super) struct DecoderState {
    pub(super) config: Config,
    pub(super) kernels: Kernels,
    pub(super) embed_tokens: Arc<PackedMatrix>,
    /// [context, H].
    pub(super) positions: Option<Vec<f32>>,
    pub(super) layers: Vec<LayerWeights<PackedMatrix>>,
    pub(super) norm: NormWeights,
    pub(super) lm_head: Arc<PackedMatrix>,
    /// `[V]`.
    pub(super) head_bias: Option<Vec<f32>>,
    /// That of most layers, and that of those with a window if it is another.
    pub(super) ropes: (Rope, Option<Rope>),
    pub(super) buffers: Buffers,
    pub(super) cache: CacheFormat,
    pub(super) sequences: Vec<Sequence>,
}

impl DecoderState {
    /// Room for what the chunks of so many positions give all heads.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(super) fn reserve_chunks(&mut self, positions: usize) -> Result<(), OutOfMemory> {
        // One chunk more, as a window may begin within one.
        let chunks = positions.div_ceil(CHUNK_POSITIONS) + 1;
        let numbers = chunks
            * self.config.num_attention_heads
            * (self.config.head_dim + SOFTMAX_STATS);
        if self.buffers.parts.length() < numbers {
            self.buffers.parts = SharedBuffer::zeros(numbers.next_power_of_two())?;
        }
        Ok(())
    }
}

//! Decoders of the weights of a source.

use std::sync::Arc;

use kernels::PackedMatrix;
use model_files::config::Config;
use model_files::weights::{DecoderWeights, TensorSource};

use super::buffers::Buffers;
use super::decoder::{DecoderOptions, FusedDecoder, MAX_PASS_TOKENS};
use super::layers::{Layers, StoredLayers, not_all_parts};
use super::state::DecoderState;
use super::thread_tuner::ThreadTuner;
use crate::error::Result;
use crate::rope::Rope;

impl FusedDecoder {
    /// Loads the tensors of the decoder from `source`. `progress` gets the number of
    /// loaded layers and their total.
    ///
    /// # Errors
    /// If a tensor is missing or has another shape than the configuration says, or the
    /// weights or buffers do not fit in memory.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        options: DecoderOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<FusedDecoder> {
        if !FusedDecoder::runs(&config) {
            return Err(not_all_parts());
        }
        let mut weights: DecoderWeights<PackedMatrix> =
            DecoderWeights::load(&mut config, source, progress)?;
        let layers = Layers::Here(std::mem::take(&mut weights.layers));
        FusedDecoder::of(config, weights, layers, options)
    }

    /// As [`new`](Self::new), but blocks stay in the source's file, from which every pass reads
    /// them, one after the other. The embedding and the output head are in memory.
    ///
    /// # Errors
    /// As those of [`new`](Self::new), and if the source's file does not stay open or the model
    /// cannot [`adopt`](crate::LanguageModel::adopt) what another device has read.
    pub fn stored(
        mut config: Config,
        source: &mut dyn TensorSource,
        options: DecoderOptions,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<FusedDecoder> {
        if !FusedDecoder::runs(&config) {
            return Err(not_all_parts());
        }
        let stored = DecoderWeights::load(&mut config, source, progress)?;
        let (weights, layers) = StoredLayers::split(stored)?;
        let layers = Layers::Stored(Box::new(layers));
        let decoder = FusedDecoder::of(config, weights, layers, options)?;
        match decoder.stored_view() {
            Some(_) => Ok(decoder),
            None => Err(not_all_parts()),
        }
    }

    /// A decoder of these blocks and of what else there is.
    fn of(
        config: Config,
        weights: DecoderWeights<PackedMatrix>,
        layers: Layers,
        options: DecoderOptions,
    ) -> Result<FusedDecoder> {
        let embed_tokens = Arc::new(weights.embed_tokens);
        let lm_head = weights.lm_head.map(Arc::new);
        let DecoderOptions { team, clock_ms, kernels, cache } = options;
        let tuner = ThreadTuner::new(team, clock_ms);
        let state = DecoderState {
            buffers: Buffers::new(&config, MAX_PASS_TOKENS, tuner.max_threads())?,
            kernels,
            lm_head: lm_head.unwrap_or_else(|| Arc::clone(&embed_tokens)),
            embed_tokens,
            projections: weights.projections,
            positions: weights.positions,
            embedding_norm: weights.embedding_norm,
            layer_embedding: weights.layer_embedding,
            inputs: weights.inputs,
            layers,
            norm: weights.norm,
            head_bias: weights.head_bias,
            ropes: (Rope::new(&config.rope), config.local_rope.as_ref().map(Rope::new)),
            cache,
            sequences: Vec::new(),
            config,
        };
        Ok(FusedDecoder { state, tuner })
    }
}

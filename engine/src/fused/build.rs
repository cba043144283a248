//! Builds the decoder from a model's tensors.

use std::sync::Arc;

use kernels::PackedMatrix;

use super::buffers::Buffers;
use super::crew::Crew;
use super::{FusedDecoder, MOST_TOKENS, Workings};
use crate::config::Config;
use crate::decoder::Rope;
use crate::error::Result;
use crate::weights::{DecoderWeights, TensorSource};

impl FusedDecoder {
    /// Takes the tensors it needs from `source`, each straight into its place. `progress`
    /// hears how many layers are done, of how many.
    ///
    /// # Errors
    /// If a tensor is missing, or has another shape than the configuration says.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        workings: Workings,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<FusedDecoder> {
        let weights: DecoderWeights<PackedMatrix> =
            DecoderWeights::take(&mut config, source, progress)?;
        let embed_tokens = Arc::new(weights.embed_tokens);
        let lm_head = weights.lm_head.map(Arc::new);
        let Workings { team, clock_ms, kernels, cache } = workings;
        Ok(FusedDecoder {
            buffers: Buffers::new(&config, MOST_TOKENS, team.count())?,
            kernels,
            crew: Crew::new(team, clock_ms),
            lm_head: lm_head.unwrap_or_else(|| Arc::clone(&embed_tokens)),
            embed_tokens,
            positions: weights.positions,
            layers: weights.layers,
            norm: weights.norm,
            head_bias: weights.head_bias,
            ropes: (Rope::new(&config.rope), config.local_rope.as_ref().map(Rope::new)),
            cache,
            sequences: Vec::new(),
            config,
        })
    }
}

//! The decoder: from ids to hidden states, and from these to logits.

use kernels::{
    CacheFormat, Kernels, OutOfMemory, PackedMatrix, QuantisedActivations, SharedBuffer,
    Team,
};
use model_files::config::{Config, Latent};
use model_files::memory;
use model_files::weights::{DecoderView, StoredMatrix};

use super::forward::{output_head, read_rows};
use super::pass::Row;
use super::sequence::Sequence;
use super::state::DecoderState;
use super::thread_tuner::ThreadTuner;
use crate::error::Result;
use crate::language_model::{LanguageModel, Part};
use crate::logits::Logits;
use crate::long_rope::{History, SwitchesAngles};
use crate::recurrence::State;
use crate::replay::{self, Past, Recurs, TOKENS_PER_SNAPSHOT};
use crate::taps::Taps;

/// The most channels per head that the kernels support: their integer sums cannot
/// overflow up to this width. Models with wider heads need the candle decoder.
pub const MAX_HEAD_DIM: usize = 256;

/// The most tokens of one pass. Longer prompts are read in several passes: the buffers
/// stay small, and a tile of weights is still used for many tokens.
pub(super) const MAX_PASS_TOKENS: usize = 128;

/// A decoder with packed weights, and the caches of the sequences that it has read.
#[derive(Debug)]
pub struct FusedDecoder {
    pub(super) state: DecoderState,
    pub(super) tuner: ThreadTuner,
}

/// The threads, kernels and formats of a decoder.
#[derive(Debug)]
pub struct DecoderOptions {
    /// The threads that compute passes.
    pub team: Team,
    /// Milliseconds since any fixed moment; used to choose the number of threads.
    pub clock_ms: fn() -> f64,
    /// The implementation of the operations.
    pub kernels: Kernels,
    /// The number format of cached keys and values.
    pub cache: CacheFormat,
}

impl FusedDecoder {
    /// Whether it has all parts of a model; the candle decoder has.
    pub fn runs(config: &Config) -> bool {
        // Values are cached as wide as keys.
        let fits = |latent: Latent| latent.value_width <= config.head_dim;
        config.head_dim <= MAX_HEAD_DIM && config.latent.is_none_or(fits)
    }

    /// The cache size of one token of a model, in bytes.
    pub fn cache_bytes(config: &Config, cache: CacheFormat) -> usize {
        let Config { head_dim, num_key_value_heads, hidden_size, .. } = *config;
        let (_, convolution) = config.mixers();
        2 * cache.bytes(head_dim) * num_key_value_heads * config.caching_layers()
            + cache.bytes(hidden_size) * convolution
            + config.state_bytes() / TOKENS_PER_SNAPSHOT
    }

    /// Creates the slot if it is missing.
    pub(super) fn ensure_slot(&mut self, slot: usize) {
        while self.state.sequences.len() <= slot {
            self.state
                .sequences
                .push(Sequence::new(&self.state.config, self.state.cache));
        }
    }
}

impl SwitchesAngles for FusedDecoder {
    fn switches_at(&self) -> Option<usize> {
        self.state.config.rope.switches_at()
    }

    fn history(&mut self, slot: usize) -> &mut History {
        &mut self.state.sequences[slot].history
    }

    fn cached_tokens(&self, slot: usize) -> usize {
        self.state.sequences[slot].cached
    }

    fn clear_caches(&mut self, slot: usize) {
        let history = std::mem::take(&mut self.state.sequences[slot].history);
        self.state.sequences[slot] = Sequence::new(&self.state.config, self.state.cache);
        self.state.sequences[slot].history = history;
    }

    fn compute(
        &mut self,
        parts: &[Part<'_>],
        mut taps: Option<&mut Taps>,
    ) -> Result<Vec<f32>> {
        let mut rows = Vec::new();
        for part in parts {
            let cached = self.state.sequences[part.slot].cached;
            rows.extend((cached..).zip(part.ids).map(|(position, id)| Row {
                slot: part.slot,
                position,
                id: *id,
            }));
        }
        let hidden = self.state.config.hidden_size;
        let mut states = memory::zeros(&[rows.len(), hidden]).map_err(|_| OutOfMemory)?;
        for part in parts {
            self.state.sequences[part.slot]
                .reserve(&self.state.config, part.ids.len())?;
        }
        for (rows, states) in
            rows.chunks(MAX_PASS_TOKENS).zip(states.chunks_mut(MAX_PASS_TOKENS * hidden))
        {
            let taps = taps.as_deref_mut();
            read_rows(&mut self.state, &mut self.tuner, rows, states, taps)?;
        }
        for part in parts {
            self.state.sequences[part.slot].cached += part.ids.len();
        }
        Ok(states)
    }
}

impl Recurs for FusedDecoder {
    fn recurs(&self) -> bool {
        self.state.config.recurring().is_some()
    }

    fn past(&mut self, slot: usize) -> &mut Past {
        &mut self.state.sequences[slot].past
    }

    fn states(&mut self, slot: usize) -> Vec<State> {
        self.state.sequences[slot].states()
    }

    fn go_back(&mut self, slot: usize, length: usize, states: Option<&[State]>) {
        self.state.sequences[slot].go_back(length, states);
    }
}

impl LanguageModel for FusedDecoder {
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>> {
        parts.iter().for_each(|part| self.ensure_slot(part.slot));
        replay::read(self, parts, None)
    }

    fn read_tapped(&mut self, part: Part<'_>, taps: &mut Taps) -> Result<Vec<f32>> {
        self.ensure_slot(part.slot);
        replay::read(self, &[part], Some(taps))
    }

    fn logits(&mut self, states: &[f32]) -> Result<Logits> {
        let hidden = self.state.config.hidden_size;
        let count = states.len() / hidden;
        let vocab_size = self.state.lm_head.rows();
        let width = self.state.lm_head.columns();
        let x = QuantisedActivations::new(count, width)?;
        let mut narrow = vec![0.0; width];
        for (row, state) in states.chunks_exact(hidden).enumerate() {
            let state = match &self.state.projections {
                Some(projections) => {
                    self.state.kernels.products(&projections.output, state, &mut narrow);
                    &narrow
                }
                None => state,
            };
            #[allow(unsafe_code, reason = "only this thread has the activations")]
            // SAFETY: no other thread has access to these activations.
            unsafe {
                self.state.kernels.quantise_row(&x, row, state);
            }
        }
        let mut shared = SharedBuffer::zeros(count * vocab_size)?;
        output_head(&self.state, &mut self.tuner, &x, count, &shared);
        let mut values =
            memory::reserved(&[count, vocab_size]).map_err(|_| OutOfMemory)?;
        values.extend_from_slice(shared.as_mut_slice());
        Ok(Logits::Host { values, vocab_size })
    }

    fn state_size(&self) -> usize {
        self.state.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        FusedDecoder::cache_bytes(&self.state.config, self.state.cache)
    }

    fn cached(&self, slot: usize) -> usize {
        let Some(sequence) = self.state.sequences.get(slot) else { return 0 };
        if self.recurs() { sequence.past.ids.len() } else { sequence.cached }
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        if length > 0 && self.recurs() && slot < self.state.sequences.len() {
            return replay::truncate(self, slot, length);
        }
        let Some(sequence) = self.state.sequences.get_mut(slot) else { return };
        match length {
            0 => *sequence = Sequence::new(&self.state.config, self.state.cache),
            length => sequence.truncate(length),
        }
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()> {
        self.ensure_slot(from.max(to));
        let source = &self.state.sequences[from];
        let (copy, cached) = (source.copy_prefix(length)?, source.cached);
        self.state.sequences[to] = copy;
        if self.recurs() && cached > length {
            replay::go_to_snapshot(self, to);
        }
        Ok(())
    }

    fn packed(&self) -> Option<DecoderView<'_, PackedMatrix>> {
        self.view()
    }

    fn stored(&self) -> Option<DecoderView<'_, StoredMatrix>> {
        self.stored_view()
    }

    fn adopt(&mut self, slot: usize, tokens: usize, layers: &[Vec<f32>]) -> Result<()> {
        self.append(slot, tokens, layers)
    }
}

//! The decoder of all families for processors: the same computation as
//! [`decoder`](crate::decoder), which is its reference, over the packed kernels.
//!
//! A whole pass runs inside of one [`Team::run`], with a barrier between steps. Candle
//! sees only the result.
//!
//! T new positions, H hidden width, V vocabulary.

mod attend;
mod buffers;
mod build;
mod convolution;
mod crew;
mod inputs;
mod pass;
mod project;
mod sequence;

use std::sync::Arc;

use candle_core::{Device, Tensor};
use kernels::{Activations, CacheFormat, Kernels, NoRoom, PackedMatrix, Team};

use crate::config::Config;
use crate::decoder::Rope;
use crate::error::Result;
use crate::long_texts::{self, History, SwitchesAngles};
use crate::model::{LanguageModel, Part};
use crate::room;
use crate::weights::{LayerWeights, NormWeights};
use buffers::Buffers;
use crew::Crew;
use pass::Row;
use sequence::Sequence;

/// Heads wider than this go to the reference: the cache's integers are made for it.
pub const WIDEST_HEAD: usize = 256;

/// The most tokens that go through the layers at once. Longer prompts go in turns: the
/// buffers stay small, and a tile of weights is still used for many tokens.
const MOST_TOKENS: usize = 128;

/// A decoder with the key/value caches of the sequences that it is reading.
#[derive(Debug)]
pub struct FusedDecoder {
    config: Config,
    kernels: Kernels,
    crew: Crew,
    embed_tokens: Arc<PackedMatrix>,
    /// [context, H].
    positions: Option<Vec<f32>>,
    layers: Vec<LayerWeights<PackedMatrix>>,
    norm: NormWeights,
    lm_head: Arc<PackedMatrix>,
    /// `[V]`.
    head_bias: Option<Vec<f32>>,
    /// That of most layers, and that of those with a window if it is another.
    ropes: (Rope, Option<Rope>),
    buffers: Buffers,
    cache: CacheFormat,
    sequences: Vec<Sequence>,
}

/// What a decoder works with.
#[derive(Debug)]
pub struct Workings {
    /// The threads.
    pub team: Team,
    /// Milliseconds since any fixed moment, to see how many threads are best.
    pub clock_ms: fn() -> f64,
    /// The form of the operations.
    pub kernels: Kernels,
    /// How keys and values are kept.
    pub cache: CacheFormat,
}

impl SwitchesAngles for FusedDecoder {
    fn switches_at(&self) -> Option<usize> {
        self.config.rope.switches_at()
    }

    fn history(&mut self, slot: usize) -> &mut History {
        &mut self.sequences[slot].history
    }

    fn computed(&self, slot: usize) -> usize {
        self.sequences[slot].cached
    }

    fn empty(&mut self, slot: usize) {
        let history = std::mem::take(&mut self.sequences[slot].history);
        self.sequences[slot] = Sequence::new(&self.config, self.cache);
        self.sequences[slot].history = history;
    }

    fn compute(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        let mut rows = Vec::new();
        for part in parts {
            let cached = self.sequences[part.slot].cached;
            rows.extend((cached..).zip(part.ids).map(|(position, id)| Row {
                slot: part.slot,
                position,
                id: *id,
            }));
        }
        let hidden = self.config.hidden_size;
        let mut states = room::zeros(&[rows.len(), hidden]).map_err(|_| NoRoom)?;
        for part in parts {
            self.sequences[part.slot].reserve(&self.config, part.ids.len())?;
        }
        for (rows, states) in
            rows.chunks(MOST_TOKENS).zip(states.chunks_mut(MOST_TOKENS * hidden))
        {
            self.pass(rows, states)?;
        }
        for part in parts {
            self.sequences[part.slot].cached += part.ids.len();
        }
        Ok(Tensor::from_vec(states, (rows.len(), hidden), &Device::Cpu)?)
    }
}

impl LanguageModel for FusedDecoder {
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        parts.iter().for_each(|part| self.open(part.slot));
        long_texts::read(self, parts)
    }

    fn logits(&mut self, states: &Tensor) -> Result<Tensor> {
        let (count, hidden) = states.dims2()?;
        let states = states.flatten_all()?.to_vec1::<f32>()?;
        let vocab_size = self.lm_head.rows();
        let x = Activations::new(count, hidden)?;
        for (row, state) in states.chunks_exact(hidden).enumerate() {
            #[allow(unsafe_code, reason = "there is one thread yet")]
            // SAFETY: nobody else knows of these activations.
            unsafe {
                x.set_row(&self.kernels, row, state);
            }
        }
        let mut shared = kernels::Shared::zeros(count * vocab_size)?;
        self.head_products(&x, count, &shared);
        let mut logits = room::reserved(&[count, vocab_size]).map_err(|_| NoRoom)?;
        logits.extend_from_slice(shared.as_mut_slice());
        Ok(Tensor::from_vec(logits, (count, vocab_size), &Device::Cpu)?)
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        let Config { head_dim, num_key_value_heads, hidden_size, .. } = self.config;
        let (attention, convolution) = self.config.mixers();
        2 * self.cache.bytes(head_dim) * num_key_value_heads * attention
            + self.cache.bytes(hidden_size) * convolution
    }

    fn cached(&self, slot: usize) -> usize {
        self.sequences.get(slot).map_or(0, |sequence| sequence.cached)
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        let Some(sequence) = self.sequences.get_mut(slot) else { return };
        match length {
            0 => *sequence = Sequence::new(&self.config, self.cache),
            length => sequence.truncate(length),
        }
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()> {
        self.open(from.max(to));
        self.sequences[to] = self.sequences[from].start(length)?;
        Ok(())
    }
}

impl FusedDecoder {
    /// Sees to it that there is such a slot.
    fn open(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            self.sequences.push(Sequence::new(&self.config, self.cache));
        }
    }
}

//! What all decoders do, of this one.

use candle_core::{Result, Tensor};
use model_files::config::Config;

use super::cache::LayerCache;
use super::decoder::{CandleDecoder, Sequence};
use super::head::{finish_logits, projected};
use crate::language_model::{LanguageModel, Part};
use crate::logits::Logits;
use crate::replay::{self, Past, Recurs, TOKENS_PER_SNAPSHOT};
use crate::taps::Taps;

impl LanguageModel for CandleDecoder {
    fn read(&mut self, parts: &[Part<'_>]) -> crate::error::Result<Vec<f32>> {
        parts.iter().for_each(|part| self.ensure_slot(part.slot));
        replay::read(self, parts, None)
    }

    fn read_tapped(
        &mut self,
        part: Part<'_>,
        taps: &mut Taps,
    ) -> crate::error::Result<Vec<f32>> {
        self.ensure_slot(part.slot);
        replay::read(self, &[part], Some(taps))
    }

    fn logits(&mut self, states: &[f32]) -> crate::error::Result<Logits> {
        let width = self.config.hidden_size;
        let shape = (states.len() / width, width);
        let mut states = Tensor::from_slice(states, shape, &self.device)?;
        if let Some(projections) = &self.projections {
            states = projected(&states, &projections.output)?;
        }
        let products = self.lm_head.product(&states)?;
        let logits = finish_logits(products, self.head_bias.as_ref(), &self.config)?;
        if self.logits_on_device {
            return Ok(Logits::Device(logits));
        }
        let vocab_size = logits.dim(1)?;
        Ok(Logits::Host { values: logits.flatten_all()?.to_vec1()?, vocab_size })
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        let Config { hidden_size, .. } = self.config;
        let layers = self.layers.iter();
        let caches: usize = layers
            .map(|layer| layer.bytes_per_token(self.config.kv_size(), hidden_size))
            .sum();
        caches + self.config.state_bytes() / TOKENS_PER_SNAPSHOT
    }

    fn cached(&self, slot: usize) -> usize {
        let Some(sequence) = self.sequences.get(slot) else { return 0 };
        if self.recurs() { sequence.past.ids.len() } else { sequence.cached }
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        if length > 0 && self.recurs() && slot < self.sequences.len() {
            return replay::truncate(self, slot, length);
        }
        let Some(sequence) = self.sequences.get_mut(slot) else { return };
        if length == 0 {
            sequence.past = Past::default();
        }
        sequence.cached = sequence.cached.min(length);
        sequence.history.truncate(length);
        for cache in &mut sequence.layers {
            match length {
                0 => *cache = LayerCache::default(),
                length => cache.truncate(length),
            }
        }
    }

    fn copy(
        &mut self,
        from: usize,
        to: usize,
        length: usize,
    ) -> crate::error::Result<()> {
        self.ensure_slot(from.max(to));
        let source = &self.sequences[from];
        let layers = source.layers.iter().map(|cache| cache.copy_prefix(length));
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let (cached, history) =
            (source.cached.min(length), source.history.prefix(length));
        let past = source.past.prefix(length);
        let goes_back = self.recurs() && source.cached > length;
        self.sequences[to] = Sequence { layers, cached, history, past };
        if goes_back {
            replay::go_to_snapshot(self, to);
        }
        Ok(())
    }
}

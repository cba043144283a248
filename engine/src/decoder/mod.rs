//! One decoder for all families, on plain candle operations: for GPUs and f32, and the
//! reference of [`fused`](crate::fused).
//!
//! T new positions, H hidden width, V vocabulary.

mod attention;
mod cache;
mod convolution;
mod layer;
mod linear;
mod mask;
mod matrix;
mod mlp;
mod norm;
mod rope;

use candle_core::{Device, Result, Tensor};

pub use attention::Attention;
pub use cache::{LayerCache, Positions};
pub use convolution::Convolution;
pub use linear::Linear;
pub use matrix::Matrix;
pub use mlp::Mlp;
pub use norm::Norm;
pub use rope::{Rope, Rotation};

use crate::config::Config;
use crate::error;
use crate::long_texts::{self, History, SwitchesAngles};
use crate::model::{LanguageModel, Part};
use crate::weights::{DecoderWeights, TensorSource};
use attention::capped;
use layer::{Layer, Surroundings};
use mask::causal_mask;

/// A decoder with the caches of the sequences that it is reading.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    device: Device,
    embed_tokens: Matrix,
    /// [context, H].
    positions: Option<Tensor>,
    layers: Vec<Layer>,
    norm: Norm,
    lm_head: Matrix,
    /// `[V]`.
    head_bias: Option<Tensor>,
    /// That of most layers, and that of those with a window if it is another.
    ropes: (Rope, Option<Rope>),
    sequences: Vec<Sequence>,
}

/// What was computed for the tokens that a sequence has so far: a cache for each layer.
#[derive(Debug, Default)]
struct Sequence {
    layers: Vec<LayerCache>,
    cached: usize,
    history: History,
}

impl Decoder {
    /// Takes the tensors it needs from `source`. `progress` hears how many layers are
    /// done, of how many.
    ///
    /// # Errors
    /// If a tensor is missing, has another shape than the configuration says, or does
    /// not fit in memory.
    pub fn new(
        mut config: Config,
        source: &mut dyn TensorSource,
        device: &Device,
        progress: &mut dyn FnMut(u64, u64),
    ) -> error::Result<Decoder> {
        let weights: DecoderWeights<Matrix> =
            DecoderWeights::take(&mut config, source, progress)?;
        let layers = weights.layers.into_iter();
        let shape = (config.context_length, config.hidden_size);
        let positions = weights.positions;
        Ok(Decoder {
            positions: positions
                .map(|positions| Tensor::from_vec(positions, shape, device))
                .transpose()?,
            layers: layers
                .map(|layer| Layer::new(layer, &config, device))
                .collect::<Result<_>>()?,
            norm: Norm::new(&weights.norm, &config.norm, device)?,
            lm_head: weights.lm_head.unwrap_or_else(|| weights.embed_tokens.clone()),
            embed_tokens: weights.embed_tokens,
            head_bias: weights
                .head_bias
                .map(|bias| Tensor::new(bias, device))
                .transpose()?,
            ropes: (Rope::new(&config.rope), config.local_rope.as_ref().map(Rope::new)),
            sequences: Vec::new(),
            device: device.clone(),
            config,
        })
    }

    /// Reads ids of one sequence.
    fn read_one(&mut self, Part { slot, ids }: Part<'_>) -> Result<Tensor> {
        let sequence = &mut self.sequences[slot];
        let (past, count) = (sequence.cached, ids.len());
        let rotation =
            |rope: &Rope| rope.rotation(past, count, sequence.history.long, &self.device);
        let global = rotation(&self.ropes.0)?;
        let local = self.ropes.1.as_ref().map(rotation).transpose()?;
        // Layers with the same window share one mask.
        let mut masks: Vec<(Option<usize>, Option<Tensor>)> = Vec::new();

        let ids = Tensor::new(ids, &self.device)?;
        let mut x = self.embed_tokens.rows(&ids)?; // [T, H]
        if self.config.scales.embedding != 1.0 {
            x = (x * self.config.scales.embedding)?;
        }
        if let Some(positions) = &self.positions {
            x = (x + positions.narrow(0, past, count)?)?;
        }
        for (layer, cache) in self.layers.iter().zip(&mut sequence.layers) {
            let window = layer.kind.window;
            let known = masks.iter().position(|(of, _)| *of == window);
            let index = match known {
                Some(index) => index,
                None => {
                    let mask = causal_mask(past, count, window, &self.device)?;
                    masks.push((window, mask));
                    masks.len() - 1
                }
            };
            let local = local.as_ref().filter(|_| window.is_some());
            let rotation = layer.kind.rope.then(|| local.unwrap_or(&global));
            let mask = masks[index].1.as_ref();
            // By far the most time is spent here, in the layer's products.
            x = layer.forward(&x, &Surroundings { rotation, mask }, cache)?;
        }
        sequence.cached = past + count;
        self.norm.forward(&x)
    }

    /// Sees to it that there is such a slot.
    fn open(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            let layers = self.layers.iter().map(|_| LayerCache::default()).collect();
            self.sequences.push(Sequence { layers, ..Sequence::default() });
        }
    }
}

impl SwitchesAngles for Decoder {
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
        let sequence = &mut self.sequences[slot];
        sequence.cached = 0;
        sequence.layers.iter_mut().for_each(|cache| *cache = LayerCache::default());
    }

    fn compute(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        match parts {
            [part] => self.read_one(*part),
            parts => {
                let states = parts.iter().map(|part| self.read_one(*part));
                Tensor::cat(&states.collect::<Result<Vec<_>>>()?, 0)
            }
        }
    }
}

impl LanguageModel for Decoder {
    /// One part after the other.
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        parts.iter().for_each(|part| self.open(part.slot));
        long_texts::read(self, parts)
    }

    fn logits(&mut self, states: &Tensor) -> Result<Tensor> {
        let mut logits = self.lm_head.product(states)?;
        if let Some(bias) = &self.head_bias {
            logits = logits.broadcast_add(bias)?;
        }
        if self.config.scales.logits != 1.0 {
            logits = (logits * self.config.scales.logits)?;
        }
        match self.config.logit_cap {
            Some(cap) => capped(&logits, cap),
            None => Ok(logits),
        }
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        let (attention, convolution) = self.config.mixers();
        let numbers =
            2 * self.config.kv_size() * attention + self.config.hidden_size * convolution;
        size_of::<f32>() * numbers
    }

    fn cached(&self, slot: usize) -> usize {
        self.sequences.get(slot).map_or(0, |sequence| sequence.cached)
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        let Some(sequence) = self.sequences.get_mut(slot) else { return };
        sequence.cached = sequence.cached.min(length);
        sequence.history.truncate(length);
        for cache in &mut sequence.layers {
            match length {
                0 => *cache = LayerCache::default(),
                length => cache.truncate(length),
            }
        }
    }

    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()> {
        self.open(from.max(to));
        let source = &self.sequences[from];
        let layers = source.layers.iter().map(|cache| cache.start(length));
        let layers = layers.collect::<Result<Vec<_>>>()?;
        let (cached, history) = (source.cached.min(length), source.history.start(length));
        self.sequences[to] = Sequence { layers, cached, history };
        Ok(())
    }
}

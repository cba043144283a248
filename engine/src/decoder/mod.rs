//! One decoder for the Llama family, on plain candle operations, for every device.
//!
//! Weights may be in f32, in 16 bits or packed. The residual stream, norms, rotation,
//! attention and logits are in f32 whatever the weights are: rounded to 16 bits, logits
//! would be off by up to a sixteenth.
//!
//! T new positions, H hidden width, V vocabulary.

mod attention;
mod build;
mod cache;
mod linear;
mod mask;
mod matrix;
mod mlp;
mod norm;
mod rope;

use candle_core::{Device, Result, Tensor};

pub use attention::{Attention, Span};
pub use cache::LayerCache;
pub use linear::Linear;
pub use matrix::Matrix;
pub use mlp::Mlp;
pub use norm::RmsNorm;
pub use rope::{Rope, Rotation};

use crate::config::{Config, LayerKind};
use crate::model::{LanguageModel, Part};
use mask::causal_mask;

/// A decoder with the key/value caches of the sequences that it is reading.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    device: Device,
    embed_tokens: Matrix,
    layers: Vec<Layer>,
    norm: RmsNorm,
    lm_head: Matrix,
    rope: Rope,
    sequences: Vec<Sequence>,
}

/// What was computed for the tokens that a sequence has so far: a cache for each layer.
#[derive(Debug, Default)]
struct Sequence {
    layers: Vec<LayerCache>,
    cached: usize,
}

/// One block: attention and MLP, each after a norm and added to the residual stream.
#[derive(Debug)]
struct Layer {
    kind: LayerKind,
    input_layernorm: RmsNorm,
    self_attn: Attention,
    post_attention_layernorm: RmsNorm,
    mlp: Mlp,
}

impl Layer {
    fn forward(
        &self,
        x: &Tensor,
        rotation: &Rotation,
        spans: &mut [Span<'_>],
    ) -> Result<Tensor> {
        let rotation = self.kind.rope.then_some(rotation);
        let normed = self.input_layernorm.forward(x)?;
        let attended = self.self_attn.forward(&normed, rotation, spans)?;
        let x = (x + attended)?;
        let fed = self.mlp.forward(&self.post_attention_layernorm.forward(&x)?)?;
        x + fed
    }
}

impl Decoder {
    /// Reads the parts, each after what its sequence has had, all in one pass.
    fn pass(&self, parts: &[Part<'_>], sequences: &mut [Sequence]) -> Result<Tensor> {
        let positions: Vec<usize> = parts
            .iter()
            .zip(sequences.iter())
            .flat_map(|(part, sequence)| (sequence.cached..).take(part.ids.len()))
            .collect();
        let rotation = self.rope.rotation(positions.into_iter(), &self.device)?;
        // Layers with the same window share the masks.
        let mut masks: Vec<(Option<usize>, Vec<Option<Tensor>>)> = Vec::new();

        let ids: Vec<u32> = parts.iter().flat_map(|part| part.ids).copied().collect();
        let mut x = self.embed_tokens.rows(&Tensor::new(ids, &self.device)?)?; // [T, H]
        for (index, layer) in self.layers.iter().enumerate() {
            let window = layer.kind.window;
            let known = masks.iter().position(|(of, _)| *of == window);
            let masks_of = match known {
                Some(known) => known,
                None => {
                    masks.push((window, self.masks(parts, sequences, window)?));
                    masks.len() - 1
                }
            };
            let mut end = 0;
            let spans = sequences.iter_mut().zip(parts).zip(&masks[masks_of].1);
            let spans = spans.map(|((sequence, part), mask)| {
                let rows = end..end + part.ids.len();
                end = rows.end;
                Span { rows, mask: mask.clone(), cache: &mut sequence.layers[index] }
            });
            let mut spans: Vec<Span<'_>> = spans.collect();
            // By far the most time is spent here, in the layer's seven products.
            x = layer.forward(&x, &rotation, &mut spans)?;
        }
        for (sequence, part) in sequences.iter_mut().zip(parts) {
            sequence.cached += part.ids.len();
        }
        self.norm.forward(&x)
    }

    /// What the tokens of each part may see through a window.
    fn masks(
        &self,
        parts: &[Part<'_>],
        sequences: &[Sequence],
        window: Option<usize>,
    ) -> Result<Vec<Option<Tensor>>> {
        let masks = parts.iter().zip(sequences).map(|(part, sequence)| {
            causal_mask(sequence.cached, part.ids.len(), window, &self.device)
        });
        masks.collect()
    }

    /// Sees to it that there is such a slot.
    fn open(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            let layers = self.layers.iter().map(|_| LayerCache::default()).collect();
            self.sequences.push(Sequence { layers, cached: 0 });
        }
    }
}

impl LanguageModel for Decoder {
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        let mut sequences = Vec::new();
        for part in parts {
            self.open(part.slot);
            sequences.push(std::mem::take(&mut self.sequences[part.slot]));
        }
        let states = self.pass(parts, &mut sequences);
        for (part, sequence) in parts.iter().zip(sequences) {
            self.sequences[part.slot] = sequence;
        }
        states
    }

    fn logits(&mut self, states: &Tensor) -> Result<Tensor> {
        self.lm_head.product(states)
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        let Config { head_dim, num_key_value_heads, .. } = self.config;
        let numbers = 2 * head_dim * num_key_value_heads;
        let sizes = self.layers.iter().map(|layer| layer.self_attn.cache_dtype());
        sizes.map(|dtype| numbers * dtype.size_in_bytes()).sum()
    }

    fn cached(&self, slot: usize) -> usize {
        self.sequences.get(slot).map_or(0, |sequence| sequence.cached)
    }

    fn truncate(&mut self, slot: usize, length: usize) {
        let Some(sequence) = self.sequences.get_mut(slot) else { return };
        sequence.cached = sequence.cached.min(length);
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
        self.sequences[to] = Sequence { layers, cached: source.cached.min(length) };
        Ok(())
    }
}

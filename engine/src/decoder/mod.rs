//! One decoder for the Llama family, on plain candle operations.
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

pub use attention::Attention;
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
        mask: Option<&Tensor>,
        cache: &mut LayerCache,
    ) -> Result<Tensor> {
        let rotation = self.kind.rope.then_some(rotation);
        let attended = self.self_attn.forward(
            &self.input_layernorm.forward(x)?,
            rotation,
            mask,
            cache,
        )?;
        let x = (x + attended)?;
        let fed = self.mlp.forward(&self.post_attention_layernorm.forward(&x)?)?;
        x + fed
    }
}

impl Decoder {
    /// Reads ids of one sequence.
    fn read_one(&mut self, Part { slot, ids }: Part<'_>) -> Result<Tensor> {
        self.open(slot);
        let sequence = &mut self.sequences[slot];
        let (past, count) = (sequence.cached, ids.len());
        let rotation = self.rope.rotation(past, count, &self.device)?;
        // Layers with the same window share one mask.
        let mut masks: Vec<(Option<usize>, Option<Tensor>)> = Vec::new();

        let ids = Tensor::new(ids, &self.device)?;
        let mut x = self.embed_tokens.rows(&ids)?; // [T, H]
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
            // By far the most time is spent here, in the layer's seven products.
            x = layer.forward(&x, &rotation, masks[index].1.as_ref(), cache)?;
        }
        sequence.cached = past + count;
        self.norm.forward(&x)
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
    /// One part after the other.
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Tensor> {
        match parts {
            [part] => self.read_one(*part),
            parts => {
                let states = parts.iter().map(|part| self.read_one(*part));
                Tensor::cat(&states.collect::<Result<Vec<_>>>()?, 0)
            }
        }
    }

    fn logits(&mut self, states: &Tensor) -> Result<Tensor> {
        self.lm_head.product(states)
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn bytes_per_token(&self) -> usize {
        let Config { head_dim, num_key_value_heads, num_hidden_layers, .. } = self.config;
        2 * size_of::<f32>() * head_dim * num_key_value_heads * num_hidden_layers
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

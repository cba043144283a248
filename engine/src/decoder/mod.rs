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
use crate::model::LanguageModel;
use mask::causal_mask;

/// A decoder with the key/value cache of the sequence that it is reading.
#[derive(Debug)]
pub struct Decoder {
    config: Config,
    device: Device,
    embed_tokens: Matrix,
    layers: Vec<Layer>,
    norm: RmsNorm,
    lm_head: Matrix,
    rope: Rope,
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
    cache: LayerCache,
}

impl Layer {
    fn forward(
        &mut self,
        x: &Tensor,
        rotation: &Rotation,
        mask: Option<&Tensor>,
    ) -> Result<Tensor> {
        let rotation = self.kind.rope.then_some(rotation);
        let attended = self.self_attn.forward(
            &self.input_layernorm.forward(x)?,
            rotation,
            mask,
            &mut self.cache,
        )?;
        let x = (x + attended)?;
        let fed = self.mlp.forward(&self.post_attention_layernorm.forward(&x)?)?;
        x + fed
    }
}

impl LanguageModel for Decoder {
    fn forward(&mut self, ids: &[u32]) -> Result<Tensor> {
        let (past, count) = (self.cached, ids.len());
        let rotation = self.rope.rotation(past, count, &self.device)?;
        // Layers with the same window share one mask.
        let mut masks: Vec<(Option<usize>, Option<Tensor>)> = Vec::new();

        let ids = Tensor::new(ids, &self.device)?;
        let mut x = self.embed_tokens.rows(&ids)?; // [T, H]
        for layer in &mut self.layers {
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
            x = layer.forward(&x, &rotation, masks[index].1.as_ref())?;
        }
        self.cached = past + count;
        self.norm.forward(&x)
    }

    fn logits(&mut self, states: &Tensor) -> Result<Tensor> {
        self.lm_head.product(states)
    }

    fn state_size(&self) -> usize {
        self.config.hidden_size
    }

    fn cached(&self) -> usize {
        self.cached
    }

    fn truncate(&mut self, length: usize) {
        self.cached = self.cached.min(length);
        for layer in &mut self.layers {
            layer.cache.truncate(length);
        }
    }
}

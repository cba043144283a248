//! A Llama decoder with autograd.
//!
//! B sequences of T tokens, N = B · T, D the width, V the vocabulary.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use candle_core::{Device, Tensor, Var};

use crate::ops::{Attention, HeadLoss, RmsNorm, SwiGlu};
use crate::random::Random;
use crate::shape::Shape;

/// Added to mean squares in norms.
pub const EPSILON: f32 = 1e-5;
/// The base of the rotary frequencies.
pub const THETA: f32 = 10_000.0;

/// The weights of a decoder, which training changes in place.
#[derive(Clone, Debug)]
pub struct Model {
    shape: Shape,
    weights: BTreeMap<String, Var>,
}

impl Model {
    /// Random weights: norms 1, embeddings of deviation 0.02, matrices of 0.6 / √inputs,
    /// and less in those that write to the residual stream, the deeper the model is.
    pub fn random(shape: Shape, seed: u64) -> Result<Model> {
        let mut weights = BTreeMap::new();
        for (place, (name, dims)) in shape.weights().into_iter().enumerate() {
            let mut random = Random::new(seed, place as u64);
            let deviation = match dims.as_slice() {
                [_] => 0.0,
                _ if name.contains("embed") => 0.02,
                [_, inputs] => {
                    let writes = name.contains("o_proj") || name.contains("down_proj");
                    let depth = if writes { 2.0 * shape.layers as f32 } else { 1.0 };
                    0.6 / (*inputs as f32 * depth).sqrt()
                }
                _ => 0.0,
            };
            let mean = if dims.len() == 1 { 1.0 } else { 0.0 };
            let count = dims.iter().product();
            let values: Vec<f32> =
                (0..count).map(|_| mean + deviation * random.normal()).collect();
            let tensor = Tensor::from_vec(values, dims, &Device::Cpu)?;
            weights.insert(name, Var::from_tensor(&tensor)?);
        }
        Ok(Model { shape, weights })
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// All weights by name.
    pub fn weights(&self) -> &BTreeMap<String, Var> {
        &self.weights
    }

    fn weight(&self, name: &str) -> Result<&Tensor> {
        let var = self.weights.get(name).with_context(|| format!("no weight {name}"))?;
        Ok(var.as_tensor())
    }

    /// The mean loss, in nats, of `targets` after `ids`, N each, in sequences of
    /// `length`; `counts` says how much each target counts.
    pub fn loss(
        &self,
        ids: &[u32],
        targets: Vec<u32>,
        counts: Vec<f32>,
        length: usize,
    ) -> Result<Tensor> {
        let states = self.states(ids, length)?;
        let head = self.weight("model.embed_tokens.weight")?;
        Ok(states.apply_op2(head, HeadLoss::new(targets, counts))?)
    }

    /// The normed states after each token, `[N, D]`.
    fn states(&self, ids: &[u32], length: usize) -> Result<Tensor> {
        let ids = Tensor::new(ids, &Device::Cpu)?;
        let mut x = self.weight("model.embed_tokens.weight")?.embedding(&ids)?;
        for layer in 0..self.shape.layers {
            let prefix = format!("model.layers.{layer}");
            let normed = self.norm(&x, &format!("{prefix}.input_layernorm"))?;
            x = (x + self.attention(&normed, &format!("{prefix}.self_attn"), length)?)?;
            let normed = self.norm(&x, &format!("{prefix}.post_attention_layernorm"))?;
            x = (x + self.mlp(&normed, &format!("{prefix}.mlp"))?)?;
        }
        self.norm(&x, "model.norm")
    }

    fn attention(&self, x: &Tensor, prefix: &str, length: usize) -> Result<Tensor> {
        let queries = self.linear(x, &format!("{prefix}.q_proj"))?; // [N, H·E]
        let keys = self.linear(x, &format!("{prefix}.k_proj"))?; // [N, K·E]
        let values = self.linear(x, &format!("{prefix}.v_proj"))?;
        let attention = Attention {
            length,
            heads: self.shape.heads,
            kv_heads: self.shape.kv_heads,
            head_dim: self.shape.head_dim(),
            theta: THETA,
        };
        let mixed = queries.apply_op3(&keys, &values, attention)?;
        self.linear(&mixed, &format!("{prefix}.o_proj"))
    }

    fn mlp(&self, x: &Tensor, prefix: &str) -> Result<Tensor> {
        let gate = self.linear(x, &format!("{prefix}.gate_proj"))?; // [N, I]
        let up = self.linear(x, &format!("{prefix}.up_proj"))?;
        let gated = gate.apply_op2(&up, SwiGlu)?;
        self.linear(&gated, &format!("{prefix}.down_proj"))
    }

    fn norm(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        let weight = self.weight(&format!("{name}.weight"))?;
        Ok(x.apply_op2(weight, RmsNorm { epsilon: EPSILON })?)
    }

    fn linear(&self, x: &Tensor, name: &str) -> Result<Tensor> {
        Ok(x.matmul(&self.weight(&format!("{name}.weight"))?.t()?)?)
    }
}

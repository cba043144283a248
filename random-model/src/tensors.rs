//! The tensors of a Llama with tied embeddings: their names, dimensions and random numbers.

use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

use crate::shape::Shape;

/// Name and dimensions of each tensor, as in Hugging Face checkpoints.
pub(crate) fn names(shape: &Shape) -> Vec<(String, Vec<usize>)> {
    let (h, i) = (shape.hidden_size, shape.intermediate_size);
    let kv = h / shape.num_attention_heads * shape.num_key_value_heads;
    let mut names =
        vec![("model.embed_tokens.weight".to_owned(), vec![shape.vocab_size, h])];
    for layer in 0..shape.num_hidden_layers {
        let parts = [
            ("input_layernorm", vec![h]),
            ("self_attn.q_proj", vec![h, h]),
            ("self_attn.k_proj", vec![kv, h]),
            ("self_attn.v_proj", vec![kv, h]),
            ("self_attn.o_proj", vec![h, h]),
            ("post_attention_layernorm", vec![h]),
            ("mlp.gate_proj", vec![i, h]),
            ("mlp.up_proj", vec![i, h]),
            ("mlp.down_proj", vec![h, i]),
        ];
        names.extend(
            parts.map(|(part, dims)| {
                (format!("model.layers.{layer}.{part}.weight"), dims)
            }),
        );
    }
    names.push(("model.norm.weight".to_owned(), vec![h]));
    names
}

/// Random numbers of tensors. Tests hold answers of models with certain seeds, so the sequence
/// may not change: it is SplitMix64 (Steele et al., 2014, doi:10.1145/2660193.2660195).
pub(crate) struct Random(SplitMix64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(SplitMix64::seed_from_u64(seed))
    }

    /// The numbers of a tensor in F32, as bytes: matrices that keep the size of what goes
    /// through them, and norms around 1. Logits have a spread of about 2, so that distributions
    /// have a shape.
    pub(crate) fn tensor(&mut self, dims: &[usize]) -> Vec<u8> {
        let count = dims.iter().product();
        let (center, spread) = match dims {
            [_, columns] => (0.0, 2.0 * 3f32.sqrt() / (*columns as f32).sqrt()),
            _ => (1.0, 0.1),
        };
        let mut data = Vec::with_capacity(count * size_of::<f32>());
        for _ in 0..count {
            data.extend((center + spread * self.centered()).to_le_bytes());
        }
        data
    }

    /// Uniform in −1..1.
    fn centered(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0.next_u64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_split_mix_64() {
        // The first numbers of the reference, Vigna's splitmix64.c, from 1234567 on.
        let mut random = Random::new(1_234_567);
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!([(); 3].map(|()| random.next()), expected);
    }
}

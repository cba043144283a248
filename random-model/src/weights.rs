//! Random weights as a safetensors file.

use half::bf16;
use safetensors::tensor::TensorView;

use crate::{Numbers, Shape};

/// All tensors of a Llama with tied embeddings.
pub(crate) fn safetensors(shape: &Shape, numbers: Numbers, seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = names(shape)
        .into_iter()
        .map(|(name, dims)| {
            let data = random.tensor(&dims);
            (name, dims, numbers.of_f32(data))
        })
        .collect();
    let views = tensors.iter().map(|(name, dims, data)| {
        let view = TensorView::new(numbers.dtype(), dims.clone(), data)
            .expect("the data is made for these dimensions");
        (name.as_str(), view)
    });
    safetensors::serialize(views, None).expect("names are unique")
}

impl Numbers {
    fn dtype(self) -> safetensors::Dtype {
        match self {
            Numbers::F32 => safetensors::Dtype::F32,
            Numbers::Bf16 => safetensors::Dtype::BF16,
        }
    }

    /// F32 bytes in this form.
    fn of_f32(self, data: Vec<u8>) -> Vec<u8> {
        match self {
            Numbers::F32 => data,
            Numbers::Bf16 => {
                let (numbers, _) = data.as_chunks::<4>();
                let halves =
                    numbers.iter().map(|b| bf16::from_f32(f32::from_le_bytes(*b)));
                halves.flat_map(bf16::to_le_bytes).collect()
            }
        }
    }
}

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

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Matrices that keep the size of what goes through them; norms around 1. Logits
    /// come out with a spread of about 2, so that distributions have a shape.
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

    /// Even over −1..1.
    fn centered(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    /// 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

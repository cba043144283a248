//! Model files with random weights in a real format and of any shape, for tests and
//! benchmarks. The same seed gives the same bytes.

mod gguf;
mod tokenizer;
mod weights;

use std::path::Path;

use serde_json::json;

pub use gguf::{Quantisation, write_gguf};

/// The shape of a Llama model.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width between the MLP's products.
    pub intermediate_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key/value heads.
    pub num_key_value_heads: usize,
    /// Tokens; the tokenizer uses the first [`TOKENS`].
    pub vocab_size: usize,
    /// Longest sequence.
    pub max_position_embeddings: usize,
}

/// Tokens of the tokenizer: three control tokens, then the 256 bytes.
pub const TOKENS: usize = 259;

/// The control token that ends a text, by its id.
pub const END_OF_TEXT: u32 = 0;
/// The control token that ends a turn, by its id.
pub const END_OF_TURN: u32 = 2;

impl Shape {
    /// A model of some 100,000 weights, quick in debug builds too.
    pub fn tiny() -> Shape {
        Shape {
            hidden_size: 64,
            intermediate_size: 160,
            num_hidden_layers: 2,
            num_attention_heads: 4,
            num_key_value_heads: 2,
            vocab_size: TOKENS,
            max_position_embeddings: 8192,
        }
    }

    /// A model of some 20 million weights, slow enough to be stopped on its way.
    pub fn slow() -> Shape {
        Shape {
            hidden_size: 384,
            intermediate_size: 1024,
            num_hidden_layers: 12,
            num_attention_heads: 6,
            num_key_value_heads: 2,
            vocab_size: TOKENS,
            max_position_embeddings: 8192,
        }
    }

    /// The shape of SmolLM2-135M, with its vocabulary of 49,152.
    pub fn smollm2_135m() -> Shape {
        Shape {
            hidden_size: 576,
            intermediate_size: 1536,
            num_hidden_layers: 30,
            num_attention_heads: 9,
            num_key_value_heads: 3,
            vocab_size: 49_152,
            max_position_embeddings: 8192,
        }
    }
}

impl Shape {
    /// The shape of SmolLM2-360M, with its vocabulary of 49,152.
    pub fn smollm2_360m() -> Shape {
        Shape {
            hidden_size: 960,
            intermediate_size: 2560,
            num_hidden_layers: 32,
            num_attention_heads: 15,
            num_key_value_heads: 5,
            vocab_size: 49_152,
            max_position_embeddings: 8192,
        }
    }

    /// The shape of Qwen2.5-0.5B, with its vocabulary of 151,936, without its biases.
    pub fn qwen2_5_0_5b() -> Shape {
        Shape {
            hidden_size: 896,
            intermediate_size: 4864,
            num_hidden_layers: 24,
            num_attention_heads: 14,
            num_key_value_heads: 2,
            vocab_size: 151_936,
            max_position_embeddings: 8192,
        }
    }
}

/// A model's files.
#[derive(Clone, Debug)]
pub struct Files {
    /// `config.json`.
    pub config: Vec<u8>,
    /// `model.safetensors`.
    pub safetensors: Vec<u8>,
    /// `tokenizer.json`: byte-level, without merges.
    pub tokenizer: Vec<u8>,
    /// `tokenizer_config.json`, with a ChatML template unless it is a base model.
    pub tokenizer_config: Vec<u8>,
    /// `generation_config.json`.
    pub generation_config: Vec<u8>,
}

/// Whether a model can chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It has no chat template.
    Base,
    /// It has one.
    Instruct,
}

/// How the numbers in `model.safetensors` are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbers {
    /// 32 bits.
    F32,
    /// The upper half of those, as most models are published.
    Bf16,
}

/// The files of a random model with tied embeddings, in F32.
pub fn files(shape: &Shape, kind: Kind, seed: u64) -> Files {
    files_of(shape, kind, Numbers::F32, seed)
}

/// The same, with numbers in a form that is chosen.
pub fn files_of(shape: &Shape, kind: Kind, numbers: Numbers, seed: u64) -> Files {
    let config = json!({
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": shape.hidden_size,
        "intermediate_size": shape.intermediate_size,
        "num_hidden_layers": shape.num_hidden_layers,
        "num_attention_heads": shape.num_attention_heads,
        "num_key_value_heads": shape.num_key_value_heads,
        "vocab_size": shape.vocab_size,
        "max_position_embeddings": shape.max_position_embeddings,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10_000.0,
        "hidden_act": "silu",
        "tie_word_embeddings": true,
        "eos_token_id": END_OF_TEXT,
    });
    let generation_config = json!({ "eos_token_id": [END_OF_TEXT, END_OF_TURN] });
    Files {
        config: bytes(&config),
        safetensors: weights::safetensors(shape, numbers, seed),
        tokenizer: bytes(&tokenizer::tokenizer()),
        tokenizer_config: bytes(&tokenizer::tokenizer_config(kind)),
        generation_config: bytes(&generation_config),
    }
}

impl Files {
    /// Writes the files into a folder, which is made.
    ///
    /// # Errors
    /// If the folder cannot be written.
    pub fn write_to(&self, folder: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(folder)?;
        let files = [
            ("config.json", &self.config),
            ("model.safetensors", &self.safetensors),
            ("tokenizer.json", &self.tokenizer),
            ("tokenizer_config.json", &self.tokenizer_config),
            ("generation_config.json", &self.generation_config),
        ];
        files
            .iter()
            .try_for_each(|(name, bytes)| std::fs::write(folder.join(name), bytes))
    }
}

fn bytes(json: &serde_json::Value) -> Vec<u8> {
    json.to_string().into_bytes()
}

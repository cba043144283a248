//! The shape of a Llama-family decoder, from a Hugging Face `config.json` or from GGUF
//! metadata. Nothing is trusted: every size is checked before anything is allocated.

mod gguf;
mod hugging_face;
mod rope;

use crate::error::{EngineError, Result};

pub(crate) use hugging_face::OneOrMany;
pub use rope::{RopeConfig, RopeScaling};

/// The shape and constants of a decoder. Field names follow the checkpoints'.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The architecture's name in the file, such as `llama`.
    pub architecture: String,
    /// H, the width of the residual stream.
    pub hidden_size: usize,
    /// The width between the MLP's products.
    pub intermediate_size: usize,
    /// How many blocks.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key and value heads; each serves `num_attention_heads / num_key_value_heads`
    /// query heads.
    pub num_key_value_heads: usize,
    /// D, the width of one head.
    pub head_dim: usize,
    /// V, the number of tokens.
    pub vocab_size: usize,
    /// The longest sequence, in tokens.
    pub context_length: usize,
    /// Added to the mean square under the root of the norms.
    pub rms_norm_eps: f64,
    /// Rotary position embedding.
    pub rope: RopeConfig,
    /// The query, key and value projections have biases.
    pub qkv_bias: bool,
    /// The attention's output projection has a bias.
    pub output_bias: bool,
    /// The MLP's projections have biases.
    pub mlp_bias: bool,
    /// Queries and keys are normalised per head (Qwen3).
    pub qk_norm: bool,
    /// The output head is the embedding. Files that do not say so leave out the head
    /// when it is.
    pub tie_word_embeddings: Option<bool>,
    /// What sets single layers apart; one entry per layer.
    pub layers: Vec<LayerKind>,
    /// The tokens that end a text, as far as this file names them.
    pub end_of_generation: Vec<u32>,
}

/// What sets a layer apart from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerKind {
    /// Queries and keys are rotated (not so in some layers of SmolLM3).
    pub rope: bool,
    /// Each token sees only this many tokens, itself included.
    pub window: Option<usize>,
}

impl Config {
    /// Query heads per key/value head.
    pub fn group_size(&self) -> usize {
        self.num_attention_heads / self.num_key_value_heads
    }

    /// Refuses shapes that contradict themselves or that no real model has.
    fn checked(self) -> Result<Config> {
        let sizes = [
            ("hidden_size", self.hidden_size, 1 << 16),
            ("intermediate_size", self.intermediate_size, 1 << 20),
            ("num_hidden_layers", self.num_hidden_layers, 1 << 10),
            ("num_attention_heads", self.num_attention_heads, 1 << 12),
            ("num_key_value_heads", self.num_key_value_heads, 1 << 12),
            ("head_dim", self.head_dim, 1 << 12),
            ("vocab_size", self.vocab_size, 1 << 22),
            ("context length", self.context_length, 1 << 26),
        ];
        for (name, size, most) in sizes {
            if !(1..=most).contains(&size) {
                return Err(invalid(format!("{name} is {size}")));
            }
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            return Err(invalid(format!(
                "{} attention heads cannot share {} key/value heads",
                self.num_attention_heads, self.num_key_value_heads
            )));
        }
        if !self.head_dim.is_multiple_of(2) {
            return Err(invalid(format!("head_dim {} is odd", self.head_dim)));
        }
        if !(self.rms_norm_eps >= 0.0 && self.rms_norm_eps < 1.0) {
            return Err(invalid(format!("rms_norm_eps is {}", self.rms_norm_eps)));
        }
        if self.layers.iter().any(|layer| layer.window == Some(0)) {
            return Err(invalid("sliding_window is 0"));
        }
        self.rope.check()?;
        Ok(self)
    }
}

fn invalid(what: impl Into<String>) -> EngineError {
    EngineError::Config(what.into())
}

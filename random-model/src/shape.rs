//! Shapes of models, small ones for tests and real ones for benchmarks.

use crate::tokenizer::TOKENS;

/// The shape of a Llama model.
///
/// ```
/// use random_model::Shape;
///
/// let shape = Shape { num_hidden_layers: 4, ..Shape::tiny() };
/// assert_eq!(shape.hidden_size / shape.num_attention_heads, 16);
/// ```
#[derive(Clone, Debug)]
pub struct Shape {
    /// Width of the residual stream.
    pub hidden_size: usize,
    /// Width of the MLP.
    pub intermediate_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    /// Key/value heads.
    pub num_key_value_heads: usize,
    /// Tokens; the tokenizer uses the first [`TOKENS`].
    pub vocab_size: usize,
    /// Tokens of the longest sequence.
    pub max_position_embeddings: usize,
}

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

    /// A model of some 20 million weights, slow enough that a test can stop it in the middle.
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

//! The shape of a model, as far as its passes differ, and the names of its weights.

use kernels::PackedFormat;

use crate::elementwise::GateFunction;
use crate::heads::{AttentionShape, CacheNumbers, MAX_HEAD_DIM};
use crate::layout::MatrixShape;

/// The shape and constants of a decoder like Llama.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelShape {
    /// H.
    pub hidden_size: usize,
    /// I.
    pub intermediate_size: usize,
    /// V.
    pub vocab_size: usize,
    /// N, K and D.
    pub heads: AttentionShape,
    /// Where a block has norms.
    pub structure: Structure,
    /// ε of all norms.
    pub epsilon: f32,
    /// The norms of queries and keys.
    pub head_norm: HeadNorm,
    /// Whether rotated pairs are neighbours.
    pub interleaved: bool,
    /// Pairs of a head that are rotated in layers that rotate.
    pub rotated_pairs: usize,
    /// What scores are multiplied by.
    pub score_scale: f32,
    /// Scores go through cap · tanh(score / cap).
    pub score_cap: Option<f32>,
    /// act of the feed-forward networks.
    pub gate: GateFunction,
    /// What embeddings are multiplied by.
    pub embedding_scale: f32,
    /// What a block adds to the stream is multiplied by.
    pub residual_scale: f32,
    /// What logits are multiplied by.
    pub logit_scale: f32,
    /// Logits go through cap · tanh(logit / cap).
    pub logit_cap: Option<f32>,
    /// How the cache stores numbers.
    pub cache: CacheNumbers,
    /// How the embedding is stored.
    pub embedding: PackedFormat,
    /// How the output head is stored; `None` if it is the embedding.
    pub head: Option<PackedFormat>,
    /// The blocks.
    pub layers: Vec<LayerShape>,
}

/// Where a block has norms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// x + f(norm(x)): Llama and most others.
    PreNorm,
    /// x + norm(f(x)): OLMo 2.
    PostNorm,
    /// x + norm(f(norm(x))): Gemma 2 and 3.
    Sandwich,
}

/// Norms of queries and keys before they are rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadNorm {
    /// None.
    None,
    /// Each head by itself (Qwen3, Gemma 3).
    Each,
    /// All heads of a token together (OLMo 2).
    Whole,
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerShape {
    /// Positions that a token sees, itself included, if not all before it.
    pub window: Option<usize>,
    /// Which table of angles rotates it, if it is rotated: the first, or the second.
    pub angles: Option<usize>,
    /// How its matrices are stored.
    pub formats: LayerFormats,
    /// Whether queries, keys and values have biases.
    pub qkv_bias: bool,
    /// Whether the output of heads has a bias.
    pub output_bias: bool,
    /// Whether the products of the feed-forward network have biases.
    pub mlp_bias: bool,
}

/// How a block's matrices are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the roles say it")]
pub struct LayerFormats {
    pub query: PackedFormat,
    pub key: PackedFormat,
    pub value: PackedFormat,
    pub output: PackedFormat,
    pub gate: PackedFormat,
    pub up: PackedFormat,
    pub down: PackedFormat,
}

/// A matrix of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatrixId {
    /// The embedding, [V, H].
    Embedding,
    /// The output head, [V, H], if it is another.
    Head,
    /// Of a block.
    Layer(usize, MatrixRole),
}

/// A matrix of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatrixRole {
    /// [N · D, H].
    Query,
    /// [K · D, H].
    Key,
    /// [K · D, H].
    Value,
    /// [H, N · D].
    Output,
    /// [I, H].
    Gate,
    /// [I, H].
    Up,
    /// [H, I].
    Down,
}

/// Numbers of the model that are no matrix, in f32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumbersId {
    /// The weights of the last norm, `[H]`.
    FinalNorm,
    /// Of a block.
    Layer(usize, NumbersRole),
}

/// Numbers of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumbersRole {
    /// Weights of the norm before attention, `[H]`.
    InputNorm,
    /// Weights of the norm of what attention gives, `[H]`.
    MixedNorm,
    /// Weights of the norm before the feed-forward network, `[H]`.
    MlpNorm,
    /// Weights of the norm of what it gives, `[H]`.
    MlpOutputNorm,
    /// Weights of the norm of queries, `[D]` or [N · D].
    QueryNorm,
    /// Weights of the norm of keys, `[D]` or [K · D].
    KeyNorm,
    /// The bias of a matrix, a number for each row.
    Bias(MatrixRole),
}

/// Why a model's shape is none that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// A width is no multiple of four, or a head is too wide.
    Widths,
    /// There is no token, no head, or no block.
    Empty,
}

impl ModelShape {
    /// The shape of a matrix.
    pub fn matrix(&self, id: MatrixId) -> MatrixShape {
        let AttentionShape { heads, kv_heads, head_dim } = self.heads;
        let (hidden, inner) = (self.hidden_size, self.intermediate_size);
        let (queries, keys) = (heads * head_dim, kv_heads * head_dim);
        let (format, rows, columns) = match id {
            MatrixId::Embedding => (self.embedding, self.vocab_size, hidden),
            MatrixId::Head => {
                (self.head.unwrap_or(self.embedding), self.vocab_size, hidden)
            }
            MatrixId::Layer(layer, role) => {
                let formats = &self.layers[layer].formats;
                match role {
                    MatrixRole::Query => (formats.query, queries, hidden),
                    MatrixRole::Key => (formats.key, keys, hidden),
                    MatrixRole::Value => (formats.value, keys, hidden),
                    MatrixRole::Output => (formats.output, hidden, queries),
                    MatrixRole::Gate => (formats.gate, inner, hidden),
                    MatrixRole::Up => (formats.up, inner, hidden),
                    MatrixRole::Down => (formats.down, hidden, inner),
                }
            }
        };
        MatrixShape { format, rows, columns }
    }

    /// How many numbers of a kind there are.
    pub fn numbers(&self, id: NumbersId) -> usize {
        let AttentionShape { heads, kv_heads, head_dim } = self.heads;
        let whole = self.head_norm == HeadNorm::Whole;
        match id {
            NumbersId::FinalNorm => self.hidden_size,
            NumbersId::Layer(layer, role) => match role {
                NumbersRole::QueryNorm if whole => heads * head_dim,
                NumbersRole::KeyNorm if whole => kv_heads * head_dim,
                NumbersRole::QueryNorm | NumbersRole::KeyNorm => head_dim,
                NumbersRole::Bias(role) => self.matrix(MatrixId::Layer(layer, role)).rows,
                _ => self.hidden_size,
            },
        }
    }

    /// Numbers of a token's queries, keys and values.
    pub(crate) fn projected_width(&self) -> usize {
        (self.heads.heads + 2 * self.heads.kv_heads) * self.heads.head_dim
    }

    /// Numbers of a token's queries.
    pub(crate) fn query_width(&self) -> usize {
        self.heads.heads * self.heads.head_dim
    }

    /// Whether the kernels can run it.
    ///
    /// # Errors
    /// If they cannot.
    pub fn check(&self) -> Result<(), Unfit> {
        let AttentionShape { heads, kv_heads, head_dim } = self.heads;
        if self.vocab_size == 0 || kv_heads == 0 || heads == 0 || self.layers.is_empty() {
            return Err(Unfit::Empty);
        }
        let widths = [self.hidden_size, self.intermediate_size, heads * head_dim];
        let fits = |width: &usize| *width > 0 && width.is_multiple_of(4);
        let rotated = 2 * self.rotated_pairs <= head_dim;
        let whole = head_dim <= MAX_HEAD_DIM && heads.is_multiple_of(kv_heads) && rotated;
        if widths.iter().all(fits) && whole { Ok(()) } else { Err(Unfit::Widths) }
    }
}

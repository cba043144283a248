//! One value for each weight of a Llama model: its numbers, its gradient, its momentum.

use crate::shape::Shape;

/// A value for each weight. [`PerWeight::all`] gives them in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct PerWeight<T> {
    /// The embeddings, which are also the output head, `[V, D]`.
    pub embed: T,
    /// The blocks.
    pub blocks: Vec<Block<T>>,
    /// The last norm, `[D]`.
    pub norm: T,
}

/// A value for each weight of a block.
#[derive(Clone, Debug, Default)]
pub struct Block<T> {
    /// The norm before attention, `[D]`.
    pub attention_norm: T,
    /// Queries, `[H·E, D]`.
    pub q: T,
    /// Keys, `[K·E, D]`.
    pub k: T,
    /// Values, `[K·E, D]`.
    pub v: T,
    /// The output projection of attention, `[D, H·E]`.
    pub o: T,
    /// The norm before the MLP, `[D]`.
    pub mlp_norm: T,
    /// The gate, `[I, D]`.
    pub gate: T,
    /// The up projection, `[I, D]`.
    pub up: T,
    /// The down projection, `[D, I]`.
    pub down: T,
}

impl<T> PerWeight<T> {
    /// Makes each value from the weight's name, as in Hugging Face checkpoints, and dimensions.
    pub fn new(
        shape: Shape,
        mut make: impl FnMut(String, Vec<usize>) -> T,
    ) -> PerWeight<T> {
        let Shape { vocab, hidden, inner, heads, kv_heads, .. } = shape;
        let (queries, keys) = (heads * shape.head_dim(), kv_heads * shape.head_dim());
        let embed = make("model.embed_tokens.weight".to_owned(), vec![vocab, hidden]);
        let blocks = (0..shape.layers)
            .map(|layer| {
                let mut make = |part: &str, dims: &[usize]| {
                    make(format!("model.layers.{layer}.{part}.weight"), dims.to_vec())
                };
                Block {
                    attention_norm: make("input_layernorm", &[hidden]),
                    q: make("self_attn.q_proj", &[queries, hidden]),
                    k: make("self_attn.k_proj", &[keys, hidden]),
                    v: make("self_attn.v_proj", &[keys, hidden]),
                    o: make("self_attn.o_proj", &[hidden, queries]),
                    mlp_norm: make("post_attention_layernorm", &[hidden]),
                    gate: make("mlp.gate_proj", &[inner, hidden]),
                    up: make("mlp.up_proj", &[inner, hidden]),
                    down: make("mlp.down_proj", &[hidden, inner]),
                }
            })
            .collect();
        PerWeight {
            embed,
            blocks,
            norm: make("model.norm.weight".to_owned(), vec![hidden]),
        }
    }

    /// All of them.
    pub fn all(&self) -> Vec<&T> {
        let blocks = self.blocks.iter().flat_map(|block| {
            let Block { attention_norm, q, k, v, o, mlp_norm, gate, up, down } = block;
            [attention_norm, q, k, v, o, mlp_norm, gate, up, down]
        });
        std::iter::once(&self.embed).chain(blocks).chain([&self.norm]).collect()
    }

    /// All of them, to be changed.
    pub fn all_mut(&mut self) -> Vec<&mut T> {
        let blocks = self.blocks.iter_mut().flat_map(|block| {
            let Block { attention_norm, q, k, v, o, mlp_norm, gate, up, down } = block;
            [attention_norm, q, k, v, o, mlp_norm, gate, up, down]
        });
        std::iter::once(&mut self.embed).chain(blocks).chain([&mut self.norm]).collect()
    }
}

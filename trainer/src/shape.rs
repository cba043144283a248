//! The shape of a Llama model.

/// Sizes of a decoder with tied embeddings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Tokens of the vocabulary (V).
    pub vocab: usize,
    /// Width of the residual stream (D).
    pub hidden: usize,
    /// Blocks.
    pub layers: usize,
    /// Query heads (H).
    pub heads: usize,
    /// Key/value heads (K), a divisor of `heads`.
    pub kv_heads: usize,
    /// Width between the MLP's products (I).
    pub inner: usize,
    /// Longest sequence.
    pub context: usize,
}

impl Shape {
    /// Width of a head (E).
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads
    }

    /// Names and sizes of all weights, named as in Hugging Face checkpoints.
    pub fn weights(&self) -> Vec<(String, Vec<usize>)> {
        let Shape { vocab, hidden, inner, .. } = *self;
        let (queries, keys) =
            (self.heads * self.head_dim(), self.kv_heads * self.head_dim());
        let mut all = vec![("model.embed_tokens.weight".to_owned(), vec![vocab, hidden])];
        for layer in 0..self.layers {
            let parts = [
                ("input_layernorm", vec![hidden]),
                ("self_attn.q_proj", vec![queries, hidden]),
                ("self_attn.k_proj", vec![keys, hidden]),
                ("self_attn.v_proj", vec![keys, hidden]),
                ("self_attn.o_proj", vec![hidden, queries]),
                ("post_attention_layernorm", vec![hidden]),
                ("mlp.gate_proj", vec![inner, hidden]),
                ("mlp.up_proj", vec![inner, hidden]),
                ("mlp.down_proj", vec![hidden, inner]),
            ];
            all.extend(parts.map(|(part, dims)| {
                (format!("model.layers.{layer}.{part}.weight"), dims)
            }));
        }
        all.push(("model.norm.weight".to_owned(), vec![hidden]));
        all
    }
}

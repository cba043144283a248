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
    /// Width of the MLP (I).
    pub inner: usize,
    /// Tokens of the longest sequence.
    pub context: usize,
}

impl Shape {
    /// A shape with heads of width 32, two query heads to a key/value head, and a context of
    /// 512 tokens.
    pub fn of_widths(vocab: usize, hidden: usize, layers: usize, inner: usize) -> Shape {
        let heads = hidden / 32;
        Shape { vocab, hidden, layers, heads, kv_heads: heads / 2, inner, context: 512 }
    }

    /// Width of a head (E).
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads
    }
}

/// VOCABULARY:HIDDEN:LAYERS:INNER.
impl std::str::FromStr for Shape {
    type Err = String;

    fn from_str(text: &str) -> Result<Shape, String> {
        let sizes: Vec<usize> =
            text.split(':').filter_map(|size| size.parse().ok()).collect();
        match sizes.as_slice() {
            &[vocab, hidden, layers, inner] if hidden % 64 == 0 => {
                Ok(Shape::of_widths(vocab, hidden, layers, inner))
            }
            _ => Err(format!(
                "{text} is not VOCABULARY:HIDDEN:LAYERS:INNER with HIDDEN a multiple of 64"
            )),
        }
    }
}

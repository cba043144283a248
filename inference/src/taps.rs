//! What a pass can keep of its way from the embeddings to the hidden states.
//!
//! T tokens, L layers, N query heads, S positions up to the last token, H hidden width.

/// What to keep of a pass, and what was kept. A pass without taps pays nothing for them.
#[derive(Debug, Default)]
pub struct Taps {
    /// Whether to keep the residual stream.
    pub keeps_stream: bool,
    /// Which attention weights to keep.
    pub heads: TappedHeads,
    /// The residual stream of each token, [T, 2 L + 1, H]: as the embedding leaves it, then
    /// for each layer after its mixer and after its MLP. What a part of the model has
    /// added is the difference of two neighbours.
    pub stream: Vec<f32>,
    /// The attention weights. Of the last token: for each layer [N, S], empty for a layer
    /// that was not asked for or has no attention. Of one head: for each token those of all positions up to it.
    /// Positions outside of a layer's window have 0.
    pub attention: Vec<Vec<f32>>,
}

/// The heads whose weights are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TappedHeads {
    /// None.
    #[default]
    None,
    /// All heads, of the last token.
    LastToken {
        /// One layer, from 0; all if there is none.
        layer: Option<usize>,
    },
    /// One head, of all tokens. The layer must be one with attention.
    One {
        /// The layer, from 0.
        layer: usize,
        /// The query head, from 0.
        head: usize,
    },
}

impl Taps {
    /// Keeps the residual stream.
    pub fn stream() -> Taps {
        Taps { keeps_stream: true, ..Taps::default() }
    }

    /// Keeps attention weights.
    pub fn heads(heads: TappedHeads) -> Taps {
        Taps { heads, ..Taps::default() }
    }

    /// The number of places at which the stream is kept: 2 L + 1.
    pub fn points(layers: usize) -> usize {
        2 * layers + 1
    }
}

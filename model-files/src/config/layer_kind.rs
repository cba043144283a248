//! What distinguishes the layers of a model.

use std::ops::Range;

/// What distinguishes a layer from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerKind {
    /// Attention, convolution or recurrence.
    pub mixer: MixerKind,
    /// Whether queries and keys are rotated (not in some layers of SmolLM3).
    pub rope: bool,
    /// The number of tokens that each token sees, itself included; `None` if it sees all
    /// before it.
    pub window: Option<usize>,
    /// Whether the feed-forward network is a mixture of experts.
    pub experts: bool,
    /// The earlier layer whose keys and values it has in the place of its own (Gemma 3n).
    pub shares: Option<usize>,
}

/// The part of a block that moves information between positions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MixerKind {
    /// Attention.
    Attention,
    /// A short convolution with gates (LFM2).
    Convolution,
    /// A state of fixed size (Mamba and its like).
    Recurrence,
}

impl LayerKind {
    /// Attention with rotary embeddings to everything before.
    pub const ATTENTION: LayerKind = LayerKind {
        mixer: MixerKind::Attention,
        rope: true,
        window: None,
        experts: false,
        shares: None,
    };

    /// A recurrence.
    pub const RECURRENCE: LayerKind =
        LayerKind { mixer: MixerKind::Recurrence, rope: false, ..LayerKind::ATTENTION };

    /// The positions that the token at `position` sees.
    pub fn visible(&self, position: usize) -> Range<usize> {
        let first = match self.window {
            Some(window) => (position + 1).saturating_sub(window),
            None => 0,
        };
        first..position + 1
    }
}

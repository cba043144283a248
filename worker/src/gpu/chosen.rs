//! Which variants of its kernels a model uses.

use gpu::{TILED_FROM, Variant};

/// The variants of a model's kernels.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Variants {
    /// For passes of several tokens.
    pub(super) reading: Variant,
    /// For passes of one token, or a few.
    pub(super) continuing: Variant,
}

impl Variants {
    pub(super) fn alike(variant: Variant) -> Variants {
        Variants { reading: variant, continuing: variant }
    }

    /// The one for a pass of T tokens.
    pub(super) fn of(&self, tokens: usize) -> Variant {
        if tokens < TILED_FROM { self.continuing } else { self.reading }
    }
}

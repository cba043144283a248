//! NAMES THAT GO: what was renamed, under its old name, until all callers use the new one.
//! Delete this file and its lines in `lib.rs` then.

#![allow(missing_docs, reason = "see the items that these stand for")]

use std::ops::Range;

use crate::{Member, PackedMatrix};

pub use crate::{
    ActivationFunction as Activation, AttentionScratch as Scratch,
    BLOCK_COLUMNS as BLOCK, CHUNK_POSITIONS as CHUNK, Element as Number,
    LAYOUT_VERSION as LAYOUT, OutOfMemory as NoRoom, PackedFormat as Format,
    QuantisedActivations as Activations, SOFTMAX_STATS as PART, ScoreScaling as Scores,
    SharedBuffer as Shared, chunk_ranges as chunks,
};

/// # Safety
/// As of [`Kernels::product`](crate::Kernels::product).
#[allow(unsafe_code, reason = "see the new name")]
pub unsafe fn product(
    kernels: &crate::Kernels,
    matrix: &PackedMatrix,
    tiles: Range<usize>,
    x: &Activations,
    tokens: Range<usize>,
    put: impl FnMut(usize, usize, &[f32; crate::TILE_ROWS]),
) {
    // SAFETY: it is the same function.
    unsafe { kernels.product(matrix, tiles, x, tokens, put) }
}

impl Activations {
    /// # Safety
    /// As of [`Kernels::quantise_row`](crate::Kernels::quantise_row).
    #[allow(unsafe_code, reason = "see the new name")]
    pub unsafe fn set_row(&self, kernels: &crate::Kernels, row: usize, numbers: &[f32]) {
        // SAFETY: it is the same function.
        unsafe { kernels.quantise_row(self, row, numbers) }
    }
}

impl crate::Kernels {
    pub fn norm(&self, x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
        self.rms_norm(x, weight, epsilon, out);
    }

    pub fn gated(&self, function: Activation, gate: &[f32], up: &mut [f32]) {
        self.activate_and_multiply(function, gate, up);
    }

    pub fn activated(&self, function: Activation, x: &mut [f32]) {
        self.activate(function, x);
    }

    pub fn join(&self, partials: &[f32], stride: usize, out: &mut [f32]) {
        self.combine(partials, stride, out);
    }
}

impl crate::HeadCache {
    #[allow(clippy::missing_errors_doc, reason = "see the new name")]
    pub fn start(&self, length: usize) -> Result<crate::HeadCache, NoRoom> {
        self.copy_prefix(length)
    }
}

impl Member<'_> {
    pub fn pieces(&self, length: usize, work: impl FnMut(Range<usize>)) {
        self.for_each_piece(length, work);
    }
}

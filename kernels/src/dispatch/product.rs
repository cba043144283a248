//! Products of whole matrices, and the activations that they take.

use std::ops::Range;

use super::kernels::Kernels;
use crate::activations::{QuantisedActivations, split_into_halves};
use crate::packed::{PackedMatrix, TILE_ROWS};
use crate::product::MAX_TOKENS;

#[allow(unsafe_code, reason = "other threads may write other rows of activations")]
impl Kernels {
    /// Quantises K numbers into a row of `activations`, as ggml does activations of `Q8_0`
    /// (`quantize_row_q8_0`).
    ///
    /// # Safety
    /// Meanwhile, no other thread may read or write this row.
    ///
    /// # Panics
    /// If there is no such row, or there are not K numbers.
    pub unsafe fn quantise_row(
        &self,
        activations: &QuantisedActivations,
        row: usize,
        numbers: &[f32],
    ) {
        assert!(numbers.len() == activations.columns());
        // SAFETY: the caller keeps other threads from this row, and nobody else in this one
        // has a part of it while this function runs.
        let mut row = unsafe { activations.row_mut(row) };
        self.quantise(numbers, &mut row);
        split_into_halves(row.values, row.halves);
    }

    /// x · Wᵀ for the tiles `tiles` of rows of W (`matrix`, [R, K]) and the rows `tokens` of
    /// x (`activations`, [T, K]). `put` is called with a row of x, the first row of a tile,
    /// and the sixteen results of the tile; those past the last row of W are padding.
    ///
    /// # Safety
    /// Meanwhile, nobody may write these rows of x: neither another thread, nor `put`.
    ///
    /// # Panics
    /// If x has another number of columns than W, or fewer rows.
    pub unsafe fn product(
        &self,
        matrix: &PackedMatrix,
        tiles: Range<usize>,
        activations: &QuantisedActivations,
        tokens: Range<usize>,
        mut put: impl FnMut(usize, usize, &[f32; TILE_ROWS]),
    ) {
        assert_eq!(activations.columns(), matrix.columns());
        let mut outputs = [[0.0; TILE_ROWS]; MAX_TOKENS];
        for index in tiles {
            // The tile stays in the nearest cache while all rows of x go by.
            let tile = matrix.tile(index);
            for start in tokens.clone().step_by(MAX_TOKENS) {
                let count = MAX_TOKENS.min(tokens.end - start);
                // SAFETY: the caller keeps writers from these rows.
                let inputs = unsafe { activations.rows(start, count) };
                debug_assert_eq!(inputs.blocks, matrix.blocks());
                self.tile_product(matrix.format(), tile, inputs, &mut outputs);
                for (token, output) in (start..).zip(&outputs[..count]) {
                    put(token, index * TILE_ROWS, output);
                }
            }
        }
    }
}

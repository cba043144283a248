//! Where quantised activations are, the row that is written and the rows that a kernel reads.

use std::ops::Range;

use super::halves::{IN_HALVES, halves_of};
use crate::buffer::{OutOfMemory, SharedBuffer};
use crate::packed::{BLOCK_COLUMNS, PackedFormat, TILE_ROWS, Tile};

/// T rows of K numbers in blocks of 32 columns: values from −127 to 127, a scale, and the sum
/// of the values. The last block of a row is padded with zeros. Rows are written by
/// [`Kernels::quantise_row`](crate::Kernels::quantise_row), by different threads if need be.
#[derive(Debug)]
pub struct QuantisedActivations {
    rows: usize,
    columns: usize,
    /// Blocks in a row.
    blocks: usize,
    values: SharedBuffer<i8>,
    scales: SharedBuffer<f32>,
    sums: SharedBuffer<i32>,
    /// As in [`ActivationRows`].
    halves: SharedBuffer<i8>,
}

/// What a kernel reads: some rows of activations, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivationRows<'a> {
    /// Blocks in a row.
    pub(crate) blocks: usize,
    pub(crate) values: &'a [i8],
    pub(crate) scales: &'a [f32],
    pub(crate) sums: &'a [i32],
    /// The values once more, each as 16 · high + low, neither of which exceeds 8: for each
    /// block its low halves, then its high ones. Empty where no kernel reads them.
    #[cfg_attr(
        not(all(target_arch = "wasm32", target_feature = "relaxed-simd")),
        allow(dead_code, reason = "no kernel reads it here")
    )]
    pub(crate) halves: &'a [i8],
}

/// A row that is being written.
pub(crate) struct ActivationRowMut<'a> {
    pub(crate) values: &'a mut [i8],
    pub(crate) scales: &'a mut [f32],
    pub(crate) sums: &'a mut [i32],
    /// As in [`ActivationRows`].
    pub(crate) halves: &'a mut [i8],
}

impl ActivationRows<'_> {
    /// How many rows.
    pub(crate) fn count(&self) -> usize {
        self.scales.len() / self.blocks.max(1)
    }

    /// Checks that there are `count` rows, and that the tile has as many blocks as they: a
    /// kernel then reads values, scales and sums of both without looking at lengths.
    ///
    /// # Panics
    /// If that is not so.
    #[inline]
    pub(crate) fn check(&self, count: usize, tile: Tile<'_>, format: PackedFormat) {
        let blocks = self.blocks;
        assert!(self.values.len() >= count * blocks * BLOCK_COLUMNS);
        assert!(self.scales.len() >= count * blocks && self.sums.len() >= count * blocks);
        assert!(tile.values.len() >= blocks * format.tile_bytes());
        assert!(tile.scales.len() >= blocks * TILE_ROWS);
    }
}

#[allow(unsafe_code, reason = "rows are written by different threads")]
impl QuantisedActivations {
    /// T rows of K zeros.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub fn new(rows: usize, columns: usize) -> Result<QuantisedActivations, OutOfMemory> {
        let blocks = columns.div_ceil(BLOCK_COLUMNS);
        let all_blocks = rows.checked_mul(blocks).ok_or(OutOfMemory)?;
        let of_each = |count: usize| all_blocks.checked_mul(count).ok_or(OutOfMemory);
        Ok(QuantisedActivations {
            rows,
            columns,
            blocks,
            values: SharedBuffer::zeros(of_each(BLOCK_COLUMNS)?)?,
            scales: SharedBuffer::zeros(all_blocks)?,
            sums: SharedBuffer::zeros(all_blocks)?,
            halves: SharedBuffer::zeros(of_each(if IN_HALVES {
                2 * BLOCK_COLUMNS
            } else {
                0
            })?)?,
        })
    }

    /// K.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The rows `start..start + count`.
    ///
    /// # Safety
    /// While they are read, nobody may write them.
    ///
    /// # Panics
    /// If there are no such rows.
    pub(crate) unsafe fn rows(&self, start: usize, count: usize) -> ActivationRows<'_> {
        let blocks = self.blocks_of(start..start + count);
        // SAFETY: the caller keeps writers from these rows, and the ranges are theirs alone.
        unsafe {
            ActivationRows {
                blocks: self.blocks,
                values: self.values.get(columns_of(&blocks)),
                scales: self.scales.get(blocks.clone()),
                sums: self.sums.get(blocks.clone()),
                halves: self.halves.get(halves_of(&blocks)),
            }
        }
    }

    /// A row to write.
    ///
    /// # Safety
    /// While it is written, nobody else may read or write it.
    ///
    /// # Panics
    /// If there is no such row.
    pub(crate) unsafe fn row_mut(&self, row: usize) -> ActivationRowMut<'_> {
        let blocks = self.blocks_of(row..row + 1);
        // SAFETY: the caller keeps all others from this row, and the ranges are its alone.
        unsafe {
            ActivationRowMut {
                values: self.values.get_mut(columns_of(&blocks)),
                scales: self.scales.get_mut(blocks.clone()),
                sums: self.sums.get_mut(blocks.clone()),
                halves: self.halves.get_mut(halves_of(&blocks)),
            }
        }
    }

    fn blocks_of(&self, rows: Range<usize>) -> Range<usize> {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?}");
        rows.start * self.blocks..rows.end * self.blocks
    }
}

/// Where the values of some blocks are.
fn columns_of(blocks: &Range<usize>) -> Range<usize> {
    blocks.start * BLOCK_COLUMNS..blocks.end * BLOCK_COLUMNS
}

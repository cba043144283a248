//! Where quantised activations are, the row that is written and the rows that a kernel reads.

use std::ops::Range;

use crate::buffer::{OutOfMemory, SharedBuffer};
use crate::packed::BLOCK_COLUMNS;

/// T rows of K numbers in blocks of 32 columns: values from −32,639 to 32,639, a scale, and the
/// sums of the values. The last block of a row is padded with zeros. Rows are written by
/// [`Kernels::quantise_row`](crate::Kernels::quantise_row), by different threads if need be.
#[derive(Debug)]
pub struct QuantisedActivations {
    rows: usize,
    columns: usize,
    /// Blocks in a row.
    blocks: usize,
    values: SharedBuffer<i16>,
    planes: SharedBuffer<i8>,
    scales: SharedBuffer<f32>,
    sums: SharedBuffer<i32>,
    totals: SharedBuffer<f32>,
}

/// What a kernel reads: some rows of activations, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ActivationRows<'a> {
    /// Blocks in a row.
    pub(crate) blocks: usize,
    /// For each block 32 values, in [`COLUMN_ORDER`](super::COLUMN_ORDER).
    pub(crate) values: &'a [i16],
    /// The values once more, as 256 · high + low: for each block 32 high bytes, then 32 low ones.
    pub(crate) planes: &'a [i8],
    /// For each block.
    pub(crate) scales: &'a [f32],
    /// For each block the sum of the values of each half.
    pub(crate) sums: &'a [i32],
    /// The sums times the scale.
    pub(crate) totals: &'a [f32],
}

/// A row that is being written; see [`ActivationRows`].
pub(crate) struct ActivationRowMut<'a> {
    pub(crate) values: &'a mut [i16],
    pub(crate) planes: &'a mut [i8],
    pub(crate) scales: &'a mut [f32],
    pub(crate) sums: &'a mut [i32],
    pub(crate) totals: &'a mut [f32],
}

impl<'a> ActivationRows<'a> {
    /// How many rows.
    pub(crate) fn count(&self) -> usize {
        self.scales.len() / self.blocks.max(1)
    }

    /// The rows `start..start + count` of these.
    ///
    /// # Panics
    /// If there are no such rows.
    pub(crate) fn part(&self, start: usize, count: usize) -> ActivationRows<'a> {
        let (first, length) = (start * self.blocks, count * self.blocks);
        ActivationRows {
            blocks: self.blocks,
            values: &self.values[first * BLOCK_COLUMNS..][..length * BLOCK_COLUMNS],
            planes: &self.planes[2 * first * BLOCK_COLUMNS..]
                [..2 * length * BLOCK_COLUMNS],
            scales: &self.scales[first..][..length],
            sums: &self.sums[2 * first..][..2 * length],
            totals: &self.totals[2 * first..][..2 * length],
        }
    }

    /// Checks that there are `count` rows, which have the `blocks` blocks from `first` on: a
    /// kernel then reads all of them without looking at lengths.
    ///
    /// # Panics
    /// If that is not so.
    #[inline]
    pub(crate) fn check(&self, count: usize, first: usize, blocks: usize) {
        assert!(first + blocks <= self.blocks);
        let all = count * self.blocks;
        assert!(self.values.len() >= all * BLOCK_COLUMNS);
        assert!(self.planes.len() >= 2 * all * BLOCK_COLUMNS);
        assert!(self.scales.len() >= all);
        assert!(self.sums.len() >= 2 * all && self.totals.len() >= 2 * all);
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
            planes: SharedBuffer::zeros(of_each(2 * BLOCK_COLUMNS)?)?,
            scales: SharedBuffer::zeros(all_blocks)?,
            sums: SharedBuffer::zeros(of_each(2)?)?,
            totals: SharedBuffer::zeros(of_each(2)?)?,
        })
    }

    /// K.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Copies a row of others of the same width to a row of these.
    ///
    /// # Safety
    /// Meanwhile, nobody else may write the row that is read, or read or write the other.
    ///
    /// # Panics
    /// If there are no such rows, or the widths differ.
    pub unsafe fn copy_row(&self, row: usize, others: &Self, from: usize) {
        assert_eq!(self.columns, others.columns);
        // SAFETY: the caller keeps all others from these rows.
        let (to, from) = unsafe { (self.row_mut(row), others.rows(from, 1)) };
        to.values.copy_from_slice(from.values);
        to.planes.copy_from_slice(from.planes);
        to.scales.copy_from_slice(from.scales);
        to.sums.copy_from_slice(from.sums);
        to.totals.copy_from_slice(from.totals);
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
                values: self.values.get(times(&blocks, BLOCK_COLUMNS)),
                planes: self.planes.get(times(&blocks, 2 * BLOCK_COLUMNS)),
                scales: self.scales.get(blocks.clone()),
                sums: self.sums.get(times(&blocks, 2)),
                totals: self.totals.get(times(&blocks, 2)),
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
                values: self.values.get_mut(times(&blocks, BLOCK_COLUMNS)),
                planes: self.planes.get_mut(times(&blocks, 2 * BLOCK_COLUMNS)),
                scales: self.scales.get_mut(blocks.clone()),
                sums: self.sums.get_mut(times(&blocks, 2)),
                totals: self.totals.get_mut(times(&blocks, 2)),
            }
        }
    }

    fn blocks_of(&self, rows: Range<usize>) -> Range<usize> {
        assert!(rows.start <= rows.end && rows.end <= self.rows, "rows {rows:?}");
        rows.start * self.blocks..rows.end * self.blocks
    }
}

/// Where parts of a size are that each block has one of.
fn times(blocks: &Range<usize>, size: usize) -> Range<usize> {
    size * blocks.start..size * blocks.end
}

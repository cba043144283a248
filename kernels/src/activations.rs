//! Activations in 8 bits, as the products take them.

use std::ops::Range;

use crate::forms::Kernels;
use crate::packed::{BLOCK, Format, TILE_ROWS, Tile};
use crate::room::NoRoom;
use crate::shared::Shared;

/// T rows of K numbers, in blocks of 32: values from −127 to 127, a scale, and the sum of
/// the values.
#[derive(Debug)]
pub struct Activations {
    columns: usize,
    blocks: usize,
    values: Shared<i8>,
    scales: Shared<f32>,
    sums: Shared<i32>,
    /// As in [`Inputs`].
    halves: Shared<i8>,
}

/// Whether there are forms here that take activations in halves.
const IN_HALVES: bool =
    cfg!(all(target_arch = "wasm32", target_feature = "relaxed-simd"));

/// What a kernel reads: some rows of activations, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inputs<'a> {
    pub(crate) blocks: usize,
    pub(crate) values: &'a [i8],
    pub(crate) scales: &'a [f32],
    pub(crate) sums: &'a [i32],
    /// The values once more, each as 16 · high + low, of which no half exceeds 8: for each
    /// block its low halves, then its high ones. Empty where no form wants them.
    #[cfg_attr(
        not(all(target_arch = "wasm32", target_feature = "relaxed-simd")),
        allow(dead_code, reason = "no form here wants it")
    )]
    pub(crate) halves: &'a [i8],
}

impl Inputs<'_> {
    /// How many rows.
    pub(crate) fn count(&self) -> usize {
        self.scales.len() / self.blocks.max(1)
    }

    /// That a kernel may go through `count` rows and a tile without looking at lengths.
    ///
    /// # Panics
    /// If it may not.
    #[inline]
    pub(crate) fn check(&self, count: usize, tile: Tile<'_>, format: Format) {
        let blocks = self.blocks;
        assert!(self.values.len() >= count * blocks * BLOCK);
        assert!(self.scales.len() >= count * blocks && self.sums.len() >= count * blocks);
        assert!(tile.values.len() >= blocks * format.tile_bytes());
        assert!(tile.scales.len() >= blocks * TILE_ROWS);
    }
}

#[allow(unsafe_code, reason = "rows are written by different threads")]
impl Activations {
    /// Room for so many rows of K numbers.
    ///
    /// # Errors
    /// If there is no memory for them.
    pub fn new(rows: usize, columns: usize) -> Result<Activations, NoRoom> {
        let blocks = columns.div_ceil(BLOCK);
        let halves = if IN_HALVES { 2 * rows * blocks * BLOCK } else { 0 };
        Ok(Activations {
            columns,
            blocks,
            values: Shared::zeros(rows * blocks * BLOCK)?,
            scales: Shared::zeros(rows * blocks)?,
            sums: Shared::zeros(rows * blocks)?,
            halves: Shared::zeros(halves)?,
        })
    }

    /// K.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Quantises a row.
    ///
    /// # Safety
    /// No other thread may read or write this row meanwhile.
    ///
    /// # Panics
    /// If there is no such row, or it is not K numbers.
    pub unsafe fn set_row(&self, kernels: &Kernels, row: usize, numbers: &[f32]) {
        assert!(numbers.len() == self.columns);
        let blocks = row * self.blocks..(row + 1) * self.blocks;
        // SAFETY: the caller keeps others from this row.
        let (values, scales, sums, halves) = unsafe {
            (
                self.values.get_mut(blocks.start * BLOCK..blocks.end * BLOCK),
                self.scales.get_mut(blocks.clone()),
                self.sums.get_mut(blocks.clone()),
                self.halves.get_mut(halves(blocks)),
            )
        };
        kernels.quantise(numbers, values, scales, sums);
        let blocks = values.as_chunks::<BLOCK>().0.iter();
        for (values, halves) in blocks.zip(halves.chunks_exact_mut(2 * BLOCK)) {
            let (low, high) = halves.split_at_mut(BLOCK);
            for ((value, low), high) in values.iter().zip(low).zip(high) {
                // Not value + 8, which may exceed 127.
                *high = (value >> 4) + (value >> 3 & 1);
                // 127 is 16 · 8 − 1, and 16 · 8 is −128 in a byte.
                *low = value.wrapping_sub(*high << 4);
            }
        }
    }

    /// The rows `start..start + count`.
    ///
    /// # Safety
    /// No thread may write them while they are read.
    pub(crate) unsafe fn rows(&self, start: usize, count: usize) -> Inputs<'_> {
        let blocks = start * self.blocks..(start + count) * self.blocks;
        // SAFETY: the caller keeps writers from these rows.
        unsafe {
            Inputs {
                blocks: self.blocks,
                values: self.values.get(blocks.start * BLOCK..blocks.end * BLOCK),
                scales: self.scales.get(blocks.clone()),
                sums: self.sums.get(blocks.clone()),
                halves: self.halves.get(halves(blocks)),
            }
        }
    }
}

/// Where the halves of some blocks are.
fn halves(blocks: Range<usize>) -> Range<usize> {
    if IN_HALVES { 2 * blocks.start * BLOCK..2 * blocks.end * BLOCK } else { 0..0 }
}

//! A matrix in packed blocks, laid out so that one vector of activations serves many rows
//! and no sum goes across a vector. See [`format`](super::format) for the layout.

use super::format::{BLOCK_COLUMNS, PackedFormat, TILE_ROWS};
use crate::buffer::{AlignedBuffer, OutOfMemory};

/// A matrix of R rows and K columns.
///
/// ```
/// use kernels::{PackedFormat, PackedMatrix};
///
/// let mut matrix = PackedMatrix::zeros(PackedFormat::Q8, 2, 64)?;
/// matrix.set_row(1, &[0.5; 64]);
/// let mut row = [0.0; 64];
/// matrix.row(1, &mut row);
/// assert!(row.iter().all(|number| (number - 0.5).abs() < 1e-3));
/// # Ok::<(), kernels::OutOfMemory>(())
/// ```
#[derive(Debug)]
pub struct PackedMatrix {
    format: PackedFormat,
    rows: usize,
    columns: usize,
    /// Blocks in a row: the last one is padded with zeros.
    blocks: usize,
    values: AlignedBuffer<u8>,
    /// f16: for each tile and block, one for each row.
    scales: AlignedBuffer<u16>,
}

/// The part of a matrix that a kernel works on: one tile, all of its blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<'a> {
    pub(crate) values: &'a [u8],
    pub(crate) scales: &'a [u16],
}

impl PackedMatrix {
    /// A matrix of zeros, to be filled row by row.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn zeros(
        format: PackedFormat,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix, OutOfMemory> {
        let blocks = columns.div_ceil(BLOCK_COLUMNS);
        let tile_blocks =
            rows.div_ceil(TILE_ROWS).checked_mul(blocks).ok_or(OutOfMemory)?;
        let of_each = |count: usize| tile_blocks.checked_mul(count).ok_or(OutOfMemory);
        Ok(PackedMatrix {
            format,
            rows,
            columns,
            blocks,
            values: AlignedBuffer::zeros(of_each(format.tile_bytes())?)?,
            scales: AlignedBuffer::zeros(of_each(TILE_ROWS)?)?,
        })
    }

    /// How its numbers are stored.
    pub fn format(&self) -> PackedFormat {
        self.format
    }

    /// R.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// K.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Tiles of rows; the rows of the last one may be padding.
    pub fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    /// Blocks in a row.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.values.as_slice().len() + 2 * self.scales.as_slice().len()
    }

    /// Its values as they lie in memory: for each tile and block, a group after the other.
    pub fn values(&self) -> &[u8] {
        self.values.as_slice()
    }

    /// The bits of its f16 scales: for each tile and block, one for each row.
    pub fn scales(&self) -> &[u16] {
        self.scales.as_slice()
    }

    /// Values and scales, to be filled from what [`values`](Self::values) and
    /// [`scales`](Self::scales) gave.
    pub fn parts_mut(&mut self) -> (&mut [u8], &mut [u16]) {
        (self.values.as_mut_slice(), self.scales.as_mut_slice())
    }

    /// The tile of that number.
    ///
    /// # Panics
    /// If there is no such tile.
    pub(crate) fn tile(&self, tile: usize) -> Tile<'_> {
        let values = self.blocks * self.format.tile_bytes();
        let scales = self.blocks * TILE_ROWS;
        Tile {
            values: &self.values.as_slice()[tile * values..][..values],
            scales: &self.scales.as_slice()[tile * scales..][..scales],
        }
    }

    /// Where a row's block begins among the values, and where its scale is.
    pub(super) fn block(&self, row: usize, block: usize) -> (usize, usize) {
        let tile_block = row / TILE_ROWS * self.blocks + block;
        let row = row % TILE_ROWS;
        (tile_block * self.format.tile_bytes() + 4 * row, tile_block * TILE_ROWS + row)
    }
}

//! A matrix in packed blocks, laid out so that one vector of activations serves many rows
//! and no sum goes across a vector. See [`values`](super::values) and
//! [`scales`](super::scales) for the layout.

use super::format::{BLOCK_COLUMNS, PackedFormat, TILE_ROWS};
use crate::buffer::{AlignedBuffer, OutOfMemory};

/// A matrix of R rows and K columns.
///
/// ```
/// use kernels::{PackedFormat, PackedMatrix};
///
/// let mut matrix = PackedMatrix::zeros(PackedFormat::Q8_0, 2, 64)?;
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
    /// Blocks of 32 columns in a row: the last ones are padded with zeros.
    blocks: usize,
    values: AlignedBuffer<u8>,
    scales: AlignedBuffer<u8>,
}

/// The part of a matrix that a kernel works on: one tile, all of its blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tile<'a> {
    pub(crate) format: PackedFormat,
    pub(crate) values: &'a [u8],
    pub(crate) scales: &'a [u8],
}

impl PackedMatrix {
    /// A matrix of zeros, to be filled row by row. (Where there are minima, and in codebooks,
    /// what is stored for zero is not the number zero; rows that are never set mean nothing.)
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn zeros(
        format: PackedFormat,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix, OutOfMemory> {
        let file_blocks = columns.div_ceil(format.block_columns());
        let per_file_block = format.block_columns() / BLOCK_COLUMNS;
        let blocks = file_blocks.checked_mul(per_file_block).ok_or(OutOfMemory)?;
        let tiles = rows.div_ceil(TILE_ROWS);
        let bytes = |blocks: usize, size: usize| {
            tiles
                .checked_mul(blocks)
                .and_then(|all| all.checked_mul(size))
                .ok_or(OutOfMemory)
        };
        Ok(PackedMatrix {
            format,
            rows,
            columns,
            blocks,
            values: AlignedBuffer::zeros(bytes(
                blocks,
                format.value_bits().tile_bytes(),
            )?)?,
            scales: AlignedBuffer::zeros(bytes(
                file_blocks,
                format.scale_kind().tile_bytes(),
            )?)?,
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

    /// Blocks of 32 columns in a row.
    pub(crate) fn blocks(&self) -> usize {
        self.blocks
    }

    /// Blocks of a file in a row.
    pub(super) fn file_blocks(&self) -> usize {
        self.blocks / (self.format.block_columns() / BLOCK_COLUMNS)
    }

    /// Bytes in memory.
    pub fn bytes(&self) -> usize {
        self.values.as_slice().len() + self.scales.as_slice().len()
    }

    /// Its values as they lie in memory: for each tile and block, a group after the other.
    pub fn values(&self) -> &[u8] {
        self.values.as_slice()
    }

    /// Its scales and minima as they lie in memory, tile by tile.
    pub fn scales(&self) -> &[u8] {
        self.scales.as_slice()
    }

    /// Values and scales, to be filled from what [`values`](Self::values) and
    /// [`scales`](Self::scales) gave.
    pub fn parts_mut(&mut self) -> (&mut [u8], &mut [u8]) {
        (self.values.as_mut_slice(), self.scales.as_mut_slice())
    }

    /// The tile of that number.
    ///
    /// # Panics
    /// If there is no such tile.
    pub(crate) fn tile(&self, tile: usize) -> Tile<'_> {
        let values = self.blocks * self.format.value_bits().tile_bytes();
        let scales = self.file_blocks() * self.format.scale_kind().tile_bytes();
        Tile {
            format: self.format,
            values: &self.values()[tile * values..][..values],
            scales: &self.scales()[tile * scales..][..scales],
        }
    }
}

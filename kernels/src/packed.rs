//! Matrices in packed low-bit blocks, laid out so that one vector of activations serves
//! many rows and no sum goes across a vector.
//!
//! The values are those of ggml's `Q8_0` and `Q4_0` (ggml, `ggml-quants.c`): blocks of 32
//! columns, each with a scale in f16. Sixteen rows make a tile, and a tile's block lies
//! in groups of four columns: in a group of 64 bytes, byte `4 · row + column`.
//!
//! - 8 bits: 8 groups; a byte is the value + 128.
//! - 4 bits: 4 groups; in group g the low nibble is column 4g + c and the high nibble
//!   column 16 + 4g + c, each the value + 8.
//!
//! Values are stored without a sign as dot instructions want one operand so; the sum of
//! each block of activations then corrects the result, whatever the row.

use half::f16;

use crate::aligned::Aligned;
use crate::room::NoRoom;

/// Which layout this is. Files of packed matrices note it: those of another layout have to
/// be converted.
pub const LAYOUT: u32 = 1;

/// Columns in a block.
pub const BLOCK: usize = 32;

/// Rows in a tile.
pub const TILE_ROWS: usize = 16;

/// Bytes of four columns of a tile.
pub(crate) const GROUP: usize = 4 * TILE_ROWS;

/// How a matrix's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Eight bits, as ggml's `Q8_0`.
    Q8,
    /// Four bits, as ggml's `Q4_0`.
    Q4,
}

impl Format {
    /// Bytes of the values of a tile's block.
    pub(crate) const fn tile_bytes(self) -> usize {
        match self {
            Format::Q8 => TILE_ROWS * BLOCK,
            Format::Q4 => TILE_ROWS * BLOCK / 2,
        }
    }

    /// Bytes of one row's block in ggml's layout: the scale, then the values.
    pub const fn ggml_block_bytes(self) -> usize {
        2 + self.tile_bytes() / TILE_ROWS
    }

    /// What is added to a value where it is stored.
    pub(crate) const fn offset(self) -> i32 {
        match self {
            Format::Q8 => 128,
            Format::Q4 => 8,
        }
    }
}

/// A matrix of R rows and K columns.
#[derive(Debug)]
pub struct PackedMatrix {
    format: Format,
    rows: usize,
    columns: usize,
    /// Blocks in a row: the last one is padded with zeros.
    blocks: usize,
    values: Aligned<u8>,
    /// f16: for each tile and block, one for each row.
    scales: Aligned<u16>,
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
        format: Format,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix, NoRoom> {
        let blocks = columns.div_ceil(BLOCK);
        let tile_blocks = rows.div_ceil(TILE_ROWS).checked_mul(blocks).ok_or(NoRoom)?;
        let of_each = |count: usize| tile_blocks.checked_mul(count).ok_or(NoRoom);
        Ok(PackedMatrix {
            format,
            rows,
            columns,
            blocks,
            values: Aligned::zeros(of_each(format.tile_bytes())?)?,
            scales: Aligned::zeros(of_each(TILE_ROWS)?)?,
        })
    }

    /// How its numbers are stored.
    pub fn format(&self) -> Format {
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

    pub(crate) fn tile(&self, tile: usize) -> Tile<'_> {
        let values = self.blocks * self.format.tile_bytes();
        let scales = self.blocks * TILE_ROWS;
        Tile {
            values: &self.values.as_slice()[tile * values..][..values],
            scales: &self.scales.as_slice()[tile * scales..][..scales],
        }
    }

    /// Quantises a row of K numbers, rounding as ggml's reference does.
    ///
    /// # Panics
    /// If there is no such row, or it has another length.
    pub fn set_row(&mut self, row: usize, numbers: &[f32]) {
        assert!(row < self.rows && numbers.len() == self.columns);
        for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
            let mut values = [0; BLOCK];
            let scale = match self.format {
                Format::Q8 => quantise_q8(numbers, &mut values),
                Format::Q4 => quantise_q4(numbers, &mut values),
            };
            self.set_block(row, block, scale, &values);
        }
    }

    /// Takes rows from `first` on as ggml stores them: blocks of a scale and its values.
    ///
    /// # Errors
    /// If a scale is not a number: infinite, or none.
    ///
    /// # Panics
    /// If the bytes are not whole rows, or there are no such rows.
    pub fn set_rows_from_ggml(
        &mut self,
        first: usize,
        bytes: &[u8],
    ) -> Result<(), PackError> {
        let row_bytes = self.blocks * self.format.ggml_block_bytes();
        let count = bytes.len() / row_bytes.max(1);
        assert!(bytes.len() == count * row_bytes && first + count <= self.rows);
        let (mut row, mut bytes) = (first, bytes);
        while !bytes.is_empty() {
            // Row after row of a tile, so that what is written is near by.
            let within = row % TILE_ROWS;
            let count = (TILE_ROWS - within).min(bytes.len() / row_bytes);
            let (rows, rest) = bytes.split_at(count * row_bytes);
            self.set_tile_from_ggml(row, rows, row_bytes)?;
            (row, bytes) = (row + count, rest);
        }
        Ok(())
    }

    /// As [`set_rows_from_ggml`](Self::set_rows_from_ggml), for rows of one tile.
    fn set_tile_from_ggml(
        &mut self,
        first: usize,
        bytes: &[u8],
        row_bytes: usize,
    ) -> Result<(), PackError> {
        let size = self.format.ggml_block_bytes();
        // The bytes of four columns, which both layouts have side by side, as they are
        // stored: with four bits ggml's are without a sign, too.
        let sign = match self.format {
            Format::Q8 => 0x8080_8080,
            Format::Q4 => 0,
        };
        for block in 0..self.blocks {
            let (values, scale) = self.block(first, block);
            let values = &mut self.values.as_mut_slice()[values..];
            let scales = &mut self.scales.as_mut_slice()[scale..];
            for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
                let bytes = &bytes[block * size..][..size];
                let scale = f16::from_le_bytes([bytes[0], bytes[1]]);
                if !scale.is_finite() {
                    return Err(PackError { row: first + row });
                }
                scales[row] = scale.to_bits();
                let groups = values[4 * row..].chunks_mut(GROUP);
                for (to, from) in groups.zip(bytes[2..].as_chunks().0) {
                    let stored = u32::from_ne_bytes(*from) ^ sign;
                    to[..4].copy_from_slice(&stored.to_ne_bytes());
                }
            }
        }
        Ok(())
    }

    /// Writes a row's numbers into `out`, of length K.
    ///
    /// # Panics
    /// If there is no such row, or `out` has another length.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.rows && out.len() == self.columns);
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let (values, scale) = self.block(row, block);
            let scale = f16::from_bits(self.scales.as_slice()[scale]).to_f32();
            for (column, out) in out.iter_mut().enumerate() {
                let (column, shift) = match self.format {
                    Format::Q8 => (column, 0),
                    Format::Q4 => (column % 16, column / 16 * 4),
                };
                let byte =
                    self.values.as_slice()[values + column / 4 * GROUP + column % 4];
                let value = match self.format {
                    Format::Q8 => i32::from(byte),
                    Format::Q4 => i32::from(byte >> shift & 15),
                };
                *out = (value - self.format.offset()) as f32 * scale;
            }
        }
    }

    fn set_block(&mut self, row: usize, block: usize, scale: f16, numbers: &[i8; BLOCK]) {
        let (values, at) = self.block(row, block);
        self.scales.as_mut_slice()[at] = scale.to_bits();
        let groups = self.format.tile_bytes() / GROUP;
        let values = &mut self.values.as_mut_slice()[values..];
        let offset = self.format.offset() as u8;
        let stored = |column: usize| (numbers[column] as u8).wrapping_add(offset);
        for (group, bytes) in values.chunks_mut(GROUP).take(groups).enumerate() {
            for (column, byte) in (4 * group..).zip(&mut bytes[..4]) {
                *byte = match self.format {
                    Format::Q8 => stored(column),
                    Format::Q4 => stored(column) | stored(column + BLOCK / 2) << 4,
                };
            }
        }
    }

    /// Where a row's block begins among the values, and its scale.
    fn block(&self, row: usize, block: usize) -> (usize, usize) {
        let tile_block = row / TILE_ROWS * self.blocks + block;
        let row = row % TILE_ROWS;
        (tile_block * self.format.tile_bytes() + 4 * row, tile_block * TILE_ROWS + row)
    }
}

/// A row's scale is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} has a block whose scale is not a number")]
pub struct PackError {
    /// The row.
    pub row: usize,
}

/// ggml's `quantize_row_q8_0_ref`.
fn quantise_q8(numbers: &[f32], values: &mut [i8; BLOCK]) -> f16 {
    let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = (number * inverse).round() as i8;
    }
    f16::from_f32(scale)
}

/// ggml's `quantize_row_q4_0_ref`.
fn quantise_q4(numbers: &[f32], values: &mut [i8; BLOCK]) -> f16 {
    let largest = numbers
        .iter()
        .fold(0f32, |largest, x| if x.abs() > largest.abs() { *x } else { largest });
    let scale = largest / -8.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = ((number * inverse + 8.5) as i32).clamp(0, 15) as i8 - 8;
    }
    f16::from_f32(scale)
}

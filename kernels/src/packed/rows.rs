//! Rows into a packed matrix, and out of it again.

use half::f16;

use super::format::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS};
use super::matrix::PackedMatrix;

impl PackedMatrix {
    /// Quantises a row of K numbers, rounding as ggml's reference does.
    ///
    /// # Panics
    /// If there is no such row, or it has another length.
    pub fn set_row(&mut self, row: usize, numbers: &[f32]) {
        assert!(row < self.rows() && numbers.len() == self.columns());
        for (block, numbers) in numbers.chunks(BLOCK_COLUMNS).enumerate() {
            let (scale, values) = self.format().quantise(numbers);
            self.set_block(row, block, scale, &values);
        }
    }

    /// Stores rows from `first` on, given in ggml's layout: blocks of a scale and its values.
    ///
    /// # Errors
    /// If a scale is infinite or NaN; rows before it are stored by then.
    ///
    /// # Panics
    /// If the bytes are not whole rows, or there are no such rows.
    pub fn set_rows_from_ggml(
        &mut self,
        first: usize,
        bytes: &[u8],
    ) -> Result<(), PackError> {
        let row_bytes = self.blocks() * self.format().ggml_block_bytes();
        let count = bytes.len() / row_bytes.max(1);
        assert!(bytes.len() == count * row_bytes && first + count <= self.rows());
        let (mut row, mut bytes) = (first, bytes);
        while !bytes.is_empty() {
            // A tile at a time, so that what is written lies close together.
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
        let size = self.format().ggml_block_bytes();
        // What turns the bytes of four columns, which both layouts have side by side, into
        // those that are stored: with four bits, ggml's have no sign either.
        let sign = match self.format() {
            PackedFormat::Q8 => 0x8080_8080,
            PackedFormat::Q4 => 0,
        };
        for block in 0..self.blocks() {
            let (values_at, scale_at) = self.block(first, block);
            let (values, scales) = self.parts_mut();
            let (values, scales) = (&mut values[values_at..], &mut scales[scale_at..]);
            for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
                let bytes = &bytes[block * size..][..size];
                let scale = f16::from_le_bytes([bytes[0], bytes[1]]);
                if !scale.is_finite() {
                    return Err(PackError { row: first + row });
                }
                scales[row] = scale.to_bits();
                let groups = values[4 * row..].chunks_mut(GROUP_BYTES);
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
        assert!(row < self.rows() && out.len() == self.columns());
        for (block, out) in out.chunks_mut(BLOCK_COLUMNS).enumerate() {
            let (values_at, scale_at) = self.block(row, block);
            let scale = f16::from_bits(self.scales()[scale_at]).to_f32();
            for (column, out) in out.iter_mut().enumerate() {
                let (column, shift) = match self.format() {
                    PackedFormat::Q8 => (column, 0),
                    PackedFormat::Q4 => (column % 16, column / 16 * 4),
                };
                let group_at = values_at + column / 4 * GROUP_BYTES;
                let byte = self.values()[group_at + column % 4];
                let value = match self.format() {
                    PackedFormat::Q8 => i32::from(byte),
                    PackedFormat::Q4 => i32::from(byte >> shift & 15),
                };
                *out = (value - self.format().offset()) as f32 * scale;
            }
        }
    }

    fn set_block(
        &mut self,
        row: usize,
        block: usize,
        scale: f16,
        numbers: &[i8; BLOCK_COLUMNS],
    ) {
        let format = self.format();
        let (values_at, scale_at) = self.block(row, block);
        let (values, scales) = self.parts_mut();
        scales[scale_at] = scale.to_bits();
        let groups = format.tile_bytes() / GROUP_BYTES;
        let offset = format.offset() as u8;
        let stored = |column: usize| (numbers[column] as u8).wrapping_add(offset);
        let all = values[values_at..].chunks_mut(GROUP_BYTES).take(groups);
        for (group, bytes) in all.enumerate() {
            for (column, byte) in (4 * group..).zip(&mut bytes[..4]) {
                *byte = match format {
                    PackedFormat::Q8 => stored(column),
                    PackedFormat::Q4 => {
                        stored(column) | stored(column + BLOCK_COLUMNS / 2) << 4
                    }
                };
            }
        }
    }
}

/// A row has a scale that is infinite or NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("row {row} has a block whose scale is not a number")]
pub struct PackError {
    /// The row.
    pub row: usize,
}

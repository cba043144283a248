//! Rows into a packed matrix, and out of it again.

use super::format::{BLOCK_COLUMNS, PackedFormat, TILE_ROWS};
use super::ggml::Block;
use super::matrix::PackedMatrix;
use super::quantise::quantised;
use super::scales::{Convert, plain};
use super::{scales, values};

impl PackedMatrix {
    /// Quantises a row of K numbers, with the scales that give the least squared error.
    /// Numbers that [`can_be_packed`](crate::can_be_packed) says no to become others.
    ///
    /// # Panics
    /// If there is no such row, it has another length, or the format is none that numbers are
    /// quantised to.
    pub fn set_row(&mut self, row: usize, numbers: &[f32]) {
        assert!(row < self.rows() && numbers.len() == self.columns());
        let bytes = quantised(self.format(), numbers);
        self.set_tile_from_ggml(row, &bytes, bytes.len().max(1), |_| Ok(()))
            .unwrap_or_else(|never: std::convert::Infallible| match never {});
    }

    /// Stores rows from `first` on, given in ggml's layout, exactly as they are.
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
        let row_bytes = self.file_blocks() * self.format().ggml_block_bytes();
        let count = bytes.len() / row_bytes.max(1);
        assert!(bytes.len() == count * row_bytes && first + count <= self.rows());
        let kind = self.format().scale_kind();
        let (mut row, mut bytes) = (first, bytes);
        while !bytes.is_empty() {
            // A tile at a time, so that what is written lies close together.
            let within = row % TILE_ROWS;
            let count = (TILE_ROWS - within).min(bytes.len() / row_bytes);
            let (rows, rest) = bytes.split_at(count * row_bytes);
            self.set_tile_from_ggml(row, rows, row_bytes, |(row, block)| {
                if block.is_finite(kind) { Ok(()) } else { Err(PackError { row }) }
            })?;
            (row, bytes) = (row + count, rest);
        }
        Ok(())
    }

    /// As [`set_rows_from_ggml`](Self::set_rows_from_ggml), for rows of one tile. `check` gets
    /// each block and its row before the block is stored.
    fn set_tile_from_ggml<E>(
        &mut self,
        first: usize,
        bytes: &[u8],
        row_bytes: usize,
        check: impl Fn((usize, &Block)) -> Result<(), E>,
    ) -> Result<(), E> {
        // With the format known, compilers make straight code of what follows.
        macro_rules! store_as {
            ($($format:ident)*) => {
                match self.format() {
                    $(PackedFormat::$format => {
                        let format = PackedFormat::$format;
                        self.store_tile(format, first, bytes, row_bytes, check)
                    })*
                }
            };
        }
        store_as!(Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q2K Q3K Q4K Q5K Q6K Iq4Nl Iq4Xs Mxfp4)
    }

    #[inline(always)]
    fn store_tile<E>(
        &mut self,
        format: PackedFormat,
        first: usize,
        bytes: &[u8],
        row_bytes: usize,
        check: impl Fn((usize, &Block)) -> Result<(), E>,
    ) -> Result<(), E> {
        let (tile, first_lane) = (first / TILE_ROWS, first % TILE_ROWS);
        let file_blocks = self.file_blocks();
        let (bits, kind) = (format.value_bits(), format.scale_kind());
        let values_size = format.block_columns() / BLOCK_COLUMNS * bits.tile_bytes();
        let (values_at, scales_at) =
            (tile * file_blocks * values_size, tile * file_blocks * kind.tile_bytes());
        let (all_values, all_scales) = self.parts_mut();
        let tile_values = all_values[values_at..].chunks_exact_mut(values_size);
        let tile_scales = all_scales[scales_at..].chunks_exact_mut(kind.tile_bytes());
        let mut block = Block::EMPTY;
        let tile_blocks = tile_values.zip(tile_scales).take(file_blocks);
        for (at, (to_values, to_scales)) in tile_blocks.enumerate() {
            for (row, bytes) in bytes.chunks_exact(row_bytes).enumerate() {
                let size = format.ggml_block_bytes();
                block.read(format, &bytes[at * size..][..size]);
                check((first + row, &block))?;
                let lane = first_lane + row;
                scales::store(kind, &block, lane, to_scales);
                let to = to_values.chunks_exact_mut(bits.tile_bytes());
                for (to, from) in to.zip(block.values.as_chunks().0) {
                    values::store(bits, from, &mut to[4 * lane..]);
                }
            }
        }
        Ok(())
    }

    /// Writes a row's numbers into `out`, of length K: those of the file, in f32.
    ///
    /// # Panics
    /// If there is no such row, or `out` has another length.
    pub fn row(&self, row: usize, out: &mut [f32]) {
        assert!(row < self.rows() && out.len() == self.columns());
        let (tile, lane) = (self.tile(row / TILE_ROWS), row % TILE_ROWS);
        let format = self.format();
        let (bits, kind) = (format.value_bits(), format.scale_kind());
        let halves = if kind.by_halves() { 2 } else { 1 };
        let (mut scale, mut minimum) = ([[0.0; TILE_ROWS]; 2], [[0.0; TILE_ROWS]; 2]);
        let tile_blocks = tile.values.chunks_exact(bits.tile_bytes());
        for (at, (out, block)) in
            out.chunks_mut(BLOCK_COLUMNS).zip(tile_blocks).enumerate()
        {
            let (scale, minimum) = (&mut scale[..halves], &mut minimum[..halves]);
            let convert = Convert { halves: plain::halves, bytes: plain::bytes };
            scales::load(convert, kind, tile.scales, at, scale, minimum);
            for (k, out) in out.chunks_mut(4).enumerate() {
                let mut stored = [0; 4];
                values::load(bits, block, k, 4 * lane, &mut stored);
                let half = k * halves / 8;
                for (out, stored) in out.iter_mut().zip(stored) {
                    let value = match bits {
                        super::ValueBits::Code => {
                            i32::from(format.codebook()[usize::from(stored)])
                        }
                        _ => i32::from(stored) - format.offset(),
                    };
                    let product = scale[half][lane] * value as f32;
                    *out = product + minimum[half][lane];
                }
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

//! How packed matrices lie in memory, as far as a shader has to know. `kernels::packed` defines
//! it (`values.rs`, `scales.rs`), and the tests hold every format against it.

use std::ops::Range;

use kernels::{BLOCK_COLUMNS, PackedFormat, TILE_ROWS};

use crate::limits::Limits;
use crate::template::Template;

/// The forms of stored values, as the shaders name them.
const VALUES: [&str; 7] = ["TWO", "THREE", "FOUR", "FIVE", "SIX", "EIGHT", "CODE"];

/// The kinds of scales, as the shaders name them.
const SCALES: [&str; 7] = [
    "HALF",
    "HALF_AND_MINIMUM",
    "EXPONENT",
    "SIGNED",
    "SIGNED_HALVES",
    "UNSIGNED_AND_MINIMUM",
    "NIBBLE_HALVES_AND_MINIMUM",
];

/// What a format's numbers are made of.
struct FormatLayout {
    /// One of [`VALUES`].
    values: &'static str,
    /// Groups of sixteen words that the values of a tile's block take.
    groups: usize,
    /// What stored values are lessened by.
    offset: usize,
    /// One of [`SCALES`].
    scales: &'static str,
    /// f16 numbers of a row's record of scales, and the bytes after them.
    record: (usize, usize),
    minima: bool,
}

fn layout(format: PackedFormat) -> FormatLayout {
    use PackedFormat as F;
    let (values, groups, offset) = match format {
        F::Q2K => ("TWO", 2, 0),
        F::Q3K => ("THREE", 3, 4),
        F::Q4_0 => ("FOUR", 4, 8),
        F::Q4_1 | F::Q4K => ("FOUR", 4, 0),
        F::Q5_0 => ("FIVE", 5, 16),
        F::Q5_1 | F::Q5K => ("FIVE", 5, 0),
        F::Q6K => ("SIX", 6, 32),
        F::Q8_0 => ("EIGHT", 8, 128),
        F::Iq4Nl | F::Iq4Xs | F::Mxfp4 => ("CODE", 4, 0),
    };
    let (scales, record, minima) = match format {
        F::Q4_0 | F::Q5_0 | F::Q8_0 | F::Iq4Nl => ("HALF", (1, 0), false),
        F::Q4_1 | F::Q5_1 => ("HALF_AND_MINIMUM", (2, 0), true),
        F::Mxfp4 => ("EXPONENT", (0, 1), false),
        F::Iq4Xs => ("SIGNED", (1, 8), false),
        F::Q3K | F::Q6K => ("SIGNED_HALVES", (1, 16), false),
        F::Q4K | F::Q5K => ("UNSIGNED_AND_MINIMUM", (2, 16), true),
        F::Q2K => ("NIBBLE_HALVES_AND_MINIMUM", (2, 16), true),
    };
    FormatLayout { values, groups, offset, scales, record, minima }
}

/// The codebook of a format, four entries in a word.
fn codebook(format: PackedFormat) -> [u32; 4] {
    let entries: [i8; 16] = match format {
        // Twice the numbers of E2M1; what their scales give is half of the power of two.
        PackedFormat::Mxfp4 => [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12],
        _ => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113],
    };
    std::array::from_fn(|word| {
        u32::from_le_bytes(std::array::from_fn(|at| entries[4 * word + at] as u8))
    })
}

/// Names a format's layout to a shader's text.
pub(crate) fn describe(template: Template, format: PackedFormat) -> Template {
    let layout = layout(format);
    let [code_0, code_1, code_2, code_3] = codebook(format);
    template
        .one_of(&VALUES, layout.values)
        .one_of(&SCALES, layout.scales)
        .flag("MINIMA", layout.minima)
        .constant("GROUPS", layout.groups)
        .constant("OFFSET", layout.offset)
        .constant("OFFSET_BYTES", u32::from_ne_bytes([layout.offset as u8; 4]))
        .constant("HALVES", layout.record.0)
        .constant("RECORD_WORDS", 4 * (2 * layout.record.0 + layout.record.1))
        .constant("RECORD_BLOCKS", format.block_columns() / BLOCK_COLUMNS)
        .constant("CODE_0", code_0)
        .constant("CODE_1", code_1)
        .constant("CODE_2", code_2)
        .constant("CODE_3", code_3)
}

/// The shape of a packed matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MatrixShape {
    /// How its numbers are stored.
    pub format: PackedFormat,
    /// R.
    pub rows: usize,
    /// K; a multiple of four.
    pub columns: usize,
}

/// Tiles of a matrix that one buffer for values and one for scales have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The shape of this part.
    pub shape: MatrixShape,
    /// The matrix's row that is the first here.
    pub first_row: usize,
    /// Where its values are in those of the matrix, in bytes.
    pub values: Range<usize>,
    /// Where its scales are in those of the matrix, in bytes.
    pub scales: Range<usize>,
}

impl MatrixShape {
    /// Tiles of rows.
    pub(crate) fn tiles(&self) -> usize {
        self.rows.div_ceil(TILE_ROWS)
    }

    /// Records of scales of a row.
    pub(crate) fn records(&self) -> usize {
        self.columns.div_ceil(self.format.block_columns())
    }

    /// Blocks of 32 columns of a row, with those that pad it.
    pub(crate) fn blocks(&self) -> usize {
        self.records() * self.format.block_columns() / BLOCK_COLUMNS
    }

    /// Whether blocks have columns beyond those of the matrix.
    pub(crate) fn is_padded(&self) -> bool {
        self.columns != self.blocks() * BLOCK_COLUMNS
    }

    /// Bytes of a tile's values, and of its scales.
    fn tile_bytes(&self) -> (usize, usize) {
        let FormatLayout { groups, record: (halves, bytes), .. } = layout(self.format);
        let values = self.blocks() * groups * 4 * TILE_ROWS;
        (values, self.records() * TILE_ROWS * (2 * halves + bytes))
    }

    /// The matrix in parts of whole tiles, each of which a device can bind.
    ///
    /// # Panics
    /// If not even a tile can be bound.
    pub fn pieces(&self, limits: &Limits) -> Vec<Piece> {
        let (values, scales) = self.tile_bytes();
        let most = limits.bound_bytes() as usize / values.max(scales).max(1);
        assert!(most > 0, "a tile of {} columns cannot be bound", self.columns);
        let tiles = self.tiles();
        let firsts = (0..tiles).step_by(most);
        firsts
            .map(|first| {
                let end = tiles.min(first + most);
                let first_row = first * TILE_ROWS;
                let rows = self.rows.min(end * TILE_ROWS) - first_row;
                Piece {
                    shape: MatrixShape { rows, ..*self },
                    first_row,
                    values: first * values..end * values,
                    scales: first * scales..end * scales,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernels::PackedMatrix;

    #[test]
    fn pieces_are_the_matrix_in_every_format() {
        for format in PackedFormat::ALL {
            let columns = 3 * format.block_columns();
            let shape = MatrixShape { format, rows: 37, columns };
            let matrix = PackedMatrix::zeros(format, 37, columns).unwrap();
            let (values, scales) = shape.tile_bytes();
            for tiles in [1, 2, 3] {
                let binding_bytes = (tiles * values.max(scales) + 5) as u64;
                let limits = Limits { binding_bytes, ..Limits::DEFAULT };
                let pieces = shape.pieces(&limits);
                assert_eq!(pieces.len(), 3usize.div_ceil(tiles));
                let rows: usize = pieces.iter().map(|piece| piece.shape.rows).sum();
                assert_eq!(rows, 37);
                let mut ends = (0, 0, 0);
                for piece in &pieces {
                    let starts =
                        (piece.values.start, piece.scales.start, piece.first_row);
                    assert_eq!(starts, ends, "{format:?}");
                    let row = piece.first_row + piece.shape.rows;
                    ends = (piece.values.end, piece.scales.end, row);
                }
                let stored = (matrix.values().len(), matrix.scales().len(), 37);
                assert_eq!(ends, stored, "{format:?}");
            }
        }
    }
}

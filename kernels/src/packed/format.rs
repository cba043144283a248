//! The number formats of packed matrices, and the sizes of their parts.
//!
//! The values are those of ggml's `Q8_0` and `Q4_0` (ggml, `ggml-quants.c`): blocks of 32
//! columns, each with a scale in f16. Sixteen rows make a tile, and a tile's block lies
//! in groups of four columns: in a group of 64 bytes, byte `4 · row + column`.
//!
//! - 8 bits: 8 groups; a byte is the value + 128.
//! - 4 bits: 4 groups; in group g the low nibble is column 4g + c and the high nibble
//!   column 16 + 4g + c, each the value + 8.
//!
//! Values are stored without a sign, as dot product instructions take one operand so; the sum
//! of each block of activations then corrects the result, whatever the row.

/// The version of this layout. Files of packed matrices note it: those of another version
/// have to be converted.
pub const LAYOUT_VERSION: u32 = 1;

/// Columns in a block.
pub const BLOCK_COLUMNS: usize = 32;

/// Rows in a tile.
pub const TILE_ROWS: usize = 16;

/// Bytes of four columns of a tile.
pub(crate) const GROUP_BYTES: usize = 4 * TILE_ROWS;

/// How a matrix's numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedFormat {
    /// Eight bits, as ggml's `Q8_0`.
    Q8,
    /// Four bits, as ggml's `Q4_0`.
    Q4,
}

impl PackedFormat {
    /// Bytes of the values of a tile's block.
    pub(crate) const fn tile_bytes(self) -> usize {
        match self {
            PackedFormat::Q8 => TILE_ROWS * BLOCK_COLUMNS,
            PackedFormat::Q4 => TILE_ROWS * BLOCK_COLUMNS / 2,
        }
    }

    /// Bytes of one row's block in ggml's layout: the scale, then the values.
    pub const fn ggml_block_bytes(self) -> usize {
        2 + self.tile_bytes() / TILE_ROWS
    }

    /// What is added to a value where it is stored.
    pub(crate) const fn offset(self) -> i32 {
        match self {
            PackedFormat::Q8 => 128,
            PackedFormat::Q4 => 8,
        }
    }
}

//! The number formats of packed matrices: those of ggml's files, block by block.
//!
//! A format is told by three things: how many columns a block of a file has, in how many bits
//! and how a value is stored ([`ValueBits`]), and what turns a stored value into a number
//! ([`ScaleKind`]). Sources: ggml, `ggml-common.h` and `ggml-quants.c`; for `MXFP4`, OCP
//! Microscaling Formats (MX) 1.0.

/// The version of this layout. Files of packed matrices note it: those of another version
/// have to be converted.
pub const LAYOUT_VERSION: u32 = 1;

/// Columns that share a scale, or two of sixteen each.
pub const BLOCK_COLUMNS: usize = 32;

/// Columns of half a block.
pub(crate) const HALF_COLUMNS: usize = BLOCK_COLUMNS / 2;

/// Rows in a tile.
pub const TILE_ROWS: usize = 16;

/// Bytes of four columns of a tile.
pub(crate) const GROUP_BYTES: usize = 4 * TILE_ROWS;

/// Blocks in a super-block of 256 columns.
pub(crate) const SUPER_BLOCKS: usize = 8;

/// How a matrix's numbers are stored, named as in ggml.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are ggml's")]
pub enum PackedFormat {
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Iq4Nl,
    Iq4Xs,
    Mxfp4,
}

/// How the values of a block lie in a tile; see [`values`](super::values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueBits {
    Two,
    Three,
    Four,
    Five,
    Six,
    Eight,
    /// Four bits, the number of an entry of a [`Codebook`].
    Code,
}

/// What makes numbers of the stored values of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScaleKind {
    /// f16 for each block.
    Half,
    /// f16 for each block, and a minimum likewise.
    HalfAndMinimum,
    /// A power of two for each block: its exponent in 8 bits.
    Exponent,
    /// f16 for 256 columns times a signed byte for each block.
    Signed,
    /// f16 for 256 columns times a signed byte for each half of a block.
    SignedHalves,
    /// f16 for 256 columns times an unsigned byte for each block, and a minimum likewise.
    UnsignedAndMinimum,
    /// f16 for 256 columns times four bits for each half of a block, and a minimum likewise.
    NibbleHalvesAndMinimum,
}

/// Numbers that four bits stand for.
pub(crate) type Codebook = [i8; 16];

/// ggml's `kvalues_iq4nl`.
const NON_LINEAR: Codebook =
    [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Twice the numbers of E2M1, as ggml's `kvalues_mxfp4`.
const E2M1_DOUBLED: Codebook = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

impl PackedFormat {
    /// All of them.
    pub const ALL: [PackedFormat; 13] = [
        PackedFormat::Q4_0,
        PackedFormat::Q4_1,
        PackedFormat::Q5_0,
        PackedFormat::Q5_1,
        PackedFormat::Q8_0,
        PackedFormat::Q2K,
        PackedFormat::Q3K,
        PackedFormat::Q4K,
        PackedFormat::Q5K,
        PackedFormat::Q6K,
        PackedFormat::Iq4Nl,
        PackedFormat::Iq4Xs,
        PackedFormat::Mxfp4,
    ];

    /// Its name in ggml.
    pub const fn name(self) -> &'static str {
        match self {
            PackedFormat::Q4_0 => "Q4_0",
            PackedFormat::Q4_1 => "Q4_1",
            PackedFormat::Q5_0 => "Q5_0",
            PackedFormat::Q5_1 => "Q5_1",
            PackedFormat::Q8_0 => "Q8_0",
            PackedFormat::Q2K => "Q2_K",
            PackedFormat::Q3K => "Q3_K",
            PackedFormat::Q4K => "Q4_K",
            PackedFormat::Q5K => "Q5_K",
            PackedFormat::Q6K => "Q6_K",
            PackedFormat::Iq4Nl => "IQ4_NL",
            PackedFormat::Iq4Xs => "IQ4_XS",
            PackedFormat::Mxfp4 => "MXFP4",
        }
    }

    /// Columns of a block in a file: a row is whole blocks.
    pub const fn block_columns(self) -> usize {
        match self {
            PackedFormat::Q2K
            | PackedFormat::Q3K
            | PackedFormat::Q4K
            | PackedFormat::Q5K
            | PackedFormat::Q6K
            | PackedFormat::Iq4Xs => BLOCK_COLUMNS * SUPER_BLOCKS,
            _ => BLOCK_COLUMNS,
        }
    }

    /// Bytes of a block in a file.
    pub const fn ggml_block_bytes(self) -> usize {
        match self {
            PackedFormat::Q4_0 | PackedFormat::Iq4Nl => 18,
            PackedFormat::Q4_1 => 20,
            PackedFormat::Q5_0 => 22,
            PackedFormat::Q5_1 => 24,
            PackedFormat::Q8_0 => 34,
            PackedFormat::Mxfp4 => 17,
            PackedFormat::Q2K => 84,
            PackedFormat::Q3K => 110,
            PackedFormat::Q4K => 144,
            PackedFormat::Q5K => 176,
            PackedFormat::Q6K => 210,
            PackedFormat::Iq4Xs => 136,
        }
    }

    pub(crate) const fn value_bits(self) -> ValueBits {
        match self {
            PackedFormat::Q2K => ValueBits::Two,
            PackedFormat::Q3K => ValueBits::Three,
            PackedFormat::Q4_0 | PackedFormat::Q4_1 | PackedFormat::Q4K => {
                ValueBits::Four
            }
            PackedFormat::Q5_0 | PackedFormat::Q5_1 | PackedFormat::Q5K => {
                ValueBits::Five
            }
            PackedFormat::Q6K => ValueBits::Six,
            PackedFormat::Q8_0 => ValueBits::Eight,
            PackedFormat::Iq4Nl | PackedFormat::Iq4Xs | PackedFormat::Mxfp4 => {
                ValueBits::Code
            }
        }
    }

    pub(crate) const fn scale_kind(self) -> ScaleKind {
        match self {
            PackedFormat::Q4_0
            | PackedFormat::Q5_0
            | PackedFormat::Q8_0
            | PackedFormat::Iq4Nl => ScaleKind::Half,
            PackedFormat::Q4_1 | PackedFormat::Q5_1 => ScaleKind::HalfAndMinimum,
            PackedFormat::Mxfp4 => ScaleKind::Exponent,
            PackedFormat::Iq4Xs => ScaleKind::Signed,
            PackedFormat::Q3K | PackedFormat::Q6K => ScaleKind::SignedHalves,
            PackedFormat::Q4K | PackedFormat::Q5K => ScaleKind::UnsignedAndMinimum,
            PackedFormat::Q2K => ScaleKind::NibbleHalvesAndMinimum,
        }
    }

    /// What a stored value has to be lessened by; 0 where a minimum does that. Entries of a
    /// codebook are stored values of eight bits, once they are looked up.
    pub(crate) const fn offset(self) -> i32 {
        match self {
            PackedFormat::Q3K => 4,
            PackedFormat::Q4_0 => 8,
            PackedFormat::Q5_0 => 16,
            PackedFormat::Q6K => 32,
            PackedFormat::Q8_0
            | PackedFormat::Iq4Nl
            | PackedFormat::Iq4Xs
            | PackedFormat::Mxfp4 => 128,
            PackedFormat::Q4_1
            | PackedFormat::Q5_1
            | PackedFormat::Q2K
            | PackedFormat::Q4K
            | PackedFormat::Q5K => 0,
        }
    }

    /// The codebook of formats with [`ValueBits::Code`].
    pub(crate) const fn codebook(self) -> &'static Codebook {
        match self {
            PackedFormat::Mxfp4 => &E2M1_DOUBLED,
            _ => &NON_LINEAR,
        }
    }
}

impl ValueBits {
    /// Bytes of the values of a tile's block.
    pub(crate) const fn tile_bytes(self) -> usize {
        GROUP_BYTES
            * match self {
                ValueBits::Two => 2,
                ValueBits::Three => 3,
                ValueBits::Four | ValueBits::Code => 4,
                ValueBits::Five => 5,
                ValueBits::Six => 6,
                ValueBits::Eight => 8,
            }
    }
}

impl ScaleKind {
    /// Whether each half of a block has its own.
    pub(crate) const fn by_halves(self) -> bool {
        matches!(self, ScaleKind::SignedHalves | ScaleKind::NibbleHalvesAndMinimum)
    }

    /// Whether there are minima.
    pub(crate) const fn has_minima(self) -> bool {
        matches!(
            self,
            ScaleKind::HalfAndMinimum
                | ScaleKind::UnsignedAndMinimum
                | ScaleKind::NibbleHalvesAndMinimum
        )
    }

    /// f16 numbers and bytes that a row has for a block of a file.
    pub(crate) const fn record(self) -> (usize, usize) {
        match self {
            ScaleKind::Half => (1, 0),
            ScaleKind::HalfAndMinimum => (2, 0),
            ScaleKind::Exponent => (0, 1),
            ScaleKind::Signed => (1, SUPER_BLOCKS),
            ScaleKind::SignedHalves => (1, 2 * SUPER_BLOCKS),
            ScaleKind::UnsignedAndMinimum | ScaleKind::NibbleHalvesAndMinimum => {
                (2, 2 * SUPER_BLOCKS)
            }
        }
    }

    /// Bytes that a tile has for a block of a file: the f16 numbers one after the other, each
    /// of all rows, then the bytes likewise.
    pub(crate) const fn tile_bytes(self) -> usize {
        let (halves, bytes) = self.record();
        TILE_ROWS * (2 * halves + bytes)
    }
}

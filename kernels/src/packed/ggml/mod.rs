//! Blocks of ggml's files, taken apart. Source: ggml, `ggml-common.h` for what a block holds,
//! and the `dequantize_row_` functions of `ggml-quants.c` for what it means.

mod simple;
mod super_blocks;

use super::format::{BLOCK_COLUMNS, PackedFormat, SUPER_BLOCKS, ScaleKind};

/// A row's block of a file, of 32 or 256 columns.
pub(super) struct Block {
    /// Stored values, column by column.
    pub(super) values: [u8; BLOCK_COLUMNS * SUPER_BLOCKS],
    /// f16 numbers: the scale, and what scales minima.
    pub(super) halves: [u16; 2],
    /// Further scales and minima, in the order of [`scales`](super::scales).
    pub(super) bytes: [u8; 2 * SUPER_BLOCKS],
}

impl Block {
    pub(super) const EMPTY: Block = Block {
        values: [0; BLOCK_COLUMNS * SUPER_BLOCKS],
        halves: [0; 2],
        bytes: [0; 2 * SUPER_BLOCKS],
    };

    /// Reads a block of a file, which must be as long as the format says.
    #[inline(always)]
    pub(super) fn read(&mut self, format: PackedFormat, bytes: &[u8]) {
        match format {
            PackedFormat::Q4_0 | PackedFormat::Iq4Nl => simple::nibbles(bytes, self, 1),
            PackedFormat::Q4_1 => simple::nibbles(bytes, self, 2),
            PackedFormat::Q5_0 => simple::five_bits(bytes, self, 1),
            PackedFormat::Q5_1 => simple::five_bits(bytes, self, 2),
            PackedFormat::Q8_0 => simple::bytes(bytes, self),
            PackedFormat::Mxfp4 => simple::exponent_and_nibbles(bytes, self),
            PackedFormat::Q2K => super_blocks::q2_k(bytes, self),
            PackedFormat::Q3K => super_blocks::q3_k(bytes, self),
            PackedFormat::Q4K => super_blocks::q4_k(bytes, self),
            PackedFormat::Q5K => super_blocks::q5_k(bytes, self),
            PackedFormat::Q6K => super_blocks::q6_k(bytes, self),
            PackedFormat::Iq4Xs => super_blocks::iq4_xs(bytes, self),
        }
    }

    /// Whether its scales are numbers.
    #[inline(always)]
    pub(super) fn is_finite(&self, kind: ScaleKind) -> bool {
        let halves = &self.halves[..kind.record().0];
        let is_number = |half: &u16| half & 0x7C00 != 0x7C00;
        // 255 is NaN in E8M0.
        let exponent = kind != ScaleKind::Exponent || self.bytes[0] != u8::MAX;
        exponent && halves.iter().all(is_number)
    }
}

/// Two bytes as a number.
#[inline(always)]
fn half(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// Splits bytes into a low nibble each, and a high nibble each.
#[inline(always)]
fn split_nibbles(bytes: &[u8], low: &mut [u8], high: &mut [u8]) {
    for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
        (*low, *high) = (byte & 15, byte >> 4);
    }
}

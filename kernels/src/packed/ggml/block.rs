//! A block of a file, and what its readers have in common.

use crate::packed::format::{BLOCK_COLUMNS, SUPER_BLOCKS, ScaleKind};

/// A row's block of a file, of 32 or 256 columns.
pub(crate) struct Block {
    /// Stored values, column by column.
    pub(crate) values: [u8; BLOCK_COLUMNS * SUPER_BLOCKS],
    /// f16 numbers: the scale, and what scales minima.
    pub(crate) halves: [u16; 2],
    /// Further scales and minima, in the order of [`scales`](crate::packed::scales).
    pub(crate) bytes: [u8; 2 * SUPER_BLOCKS],
}

impl Block {
    pub(crate) const EMPTY: Block = Block {
        values: [0; BLOCK_COLUMNS * SUPER_BLOCKS],
        halves: [0; 2],
        bytes: [0; 2 * SUPER_BLOCKS],
    };

    /// Whether its scales are numbers.
    #[inline(always)]
    pub(crate) fn is_finite(&self, kind: ScaleKind) -> bool {
        let halves = &self.halves[..kind.record().0];
        let is_number = |half: &u16| half & 0x7C00 != 0x7C00;
        // 255 is NaN in E8M0.
        let exponent = kind != ScaleKind::Exponent || self.bytes[0] != u8::MAX;
        exponent && halves.iter().all(is_number)
    }
}

/// Two bytes as a number.
#[inline(always)]
pub(super) fn half(bytes: &[u8]) -> u16 {
    u16::from_le_bytes([bytes[0], bytes[1]])
}

/// Splits bytes into a low nibble each, and a high nibble each.
#[inline(always)]
pub(super) fn split_nibbles(bytes: &[u8], low: &mut [u8], high: &mut [u8]) {
    for ((byte, low), high) in bytes.iter().zip(low).zip(high) {
        (*low, *high) = (byte & 15, byte >> 4);
    }
}

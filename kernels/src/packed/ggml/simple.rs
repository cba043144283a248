//! Blocks of 32 columns. Where values have four bits, the low nibbles of 16 bytes are the first
//! half of the columns, and the high ones the second.

use super::block::{Block, half, split_nibbles};
use crate::packed::format::{BLOCK_COLUMNS, HALF_COLUMNS};

/// `block_q8_0`: the scale, then signed bytes.
#[inline(always)]
pub(super) fn bytes(bytes: &[u8], block: &mut Block) {
    block.halves[0] = half(bytes);
    for (value, byte) in block.values.iter_mut().zip(&bytes[2..34]) {
        *value = byte ^ 0x80;
    }
}

/// `block_q4_0`, `block_iq4_nl` and `block_q4_1`: the scale, the minimum if there is one, then
/// nibbles.
#[inline(always)]
pub(super) fn nibbles(bytes: &[u8], block: &mut Block, halves: usize) {
    read_halves(bytes, block, halves);
    let (low, high) = block.values[..BLOCK_COLUMNS].split_at_mut(HALF_COLUMNS);
    split_nibbles(&bytes[2 * halves..], low, high);
}

/// `block_q5_0` and `block_q5_1`: the scale, the minimum if there is one, the fifth bit of each
/// column, then nibbles.
#[inline(always)]
pub(super) fn five_bits(bytes: &[u8], block: &mut Block, halves: usize) {
    read_halves(bytes, block, halves);
    let bytes = &bytes[2 * halves..];
    let fifth = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    let (low, high) = block.values[..BLOCK_COLUMNS].split_at_mut(HALF_COLUMNS);
    split_nibbles(&bytes[4..], low, high);
    for (column, value) in block.values[..BLOCK_COLUMNS].iter_mut().enumerate() {
        *value |= ((fifth >> column & 1) as u8) << 4;
    }
}

/// `block_mxfp4`: the exponent, then nibbles.
#[inline(always)]
pub(super) fn exponent_and_nibbles(bytes: &[u8], block: &mut Block) {
    block.bytes[0] = bytes[0];
    let (low, high) = block.values[..BLOCK_COLUMNS].split_at_mut(HALF_COLUMNS);
    split_nibbles(&bytes[1..], low, high);
}

#[inline(always)]
fn read_halves(bytes: &[u8], block: &mut Block, count: usize) {
    for (to, from) in block.halves[..count].iter_mut().zip(bytes.as_chunks::<2>().0) {
        *to = u16::from_le_bytes(*from);
    }
}

//! Blocks of 256 columns: eight blocks of 32, whose own scales are small integers.

use super::block::{Block, half, split_nibbles};
use crate::packed::format::{BLOCK_COLUMNS, SUPER_BLOCKS};

/// `block_q2_K`: for each 16 columns a scale and a minimum of four bits; two bits of 128
/// columns go by quarters of 32; the two f16 numbers.
#[inline(always)]
pub(super) fn q2_k(bytes: &[u8], block: &mut Block) {
    block.bytes.copy_from_slice(&bytes[..16]);
    two_bits(&bytes[16..80], block);
    block.halves = [half(&bytes[80..]), half(&bytes[82..])];
}

/// `block_q3_K`: the third bit of 32 columns by eight, two bits as in [`q2_k`], for each 16
/// columns a scale of six bits with an offset of 32, and the f16 number.
#[inline(always)]
pub(super) fn q3_k(bytes: &[u8], block: &mut Block) {
    two_bits(&bytes[32..96], block);
    for (eighth, values) in block.values.chunks_exact_mut(BLOCK_COLUMNS).enumerate() {
        for (value, bits) in values.iter_mut().zip(bytes) {
            *value |= (bits >> eighth & 1) << 2;
        }
    }
    let scales = &bytes[96..108];
    for (at, scale) in block.bytes.iter_mut().enumerate() {
        let low = scales[at % 8] >> (4 * (at / 8)) & 15;
        let high = scales[8 + at % 4] >> (2 * (at / 4)) & 3;
        *scale = (low | high << 4).wrapping_sub(32);
    }
    block.halves[0] = half(&bytes[108..]);
}

/// `block_q4_K`: the two f16 numbers, scales and minima, then nibbles: of 64 columns the low
/// ones are the first half.
#[inline(always)]
pub(super) fn q4_k(bytes: &[u8], block: &mut Block) {
    block.halves = [half(bytes), half(&bytes[2..])];
    scales_and_minima(&bytes[4..16], block);
    nibbles_by_64(&bytes[16..144], block);
}

/// `block_q5_K`: as [`q4_k`], with the fifth bit of 32 columns by eight before the nibbles.
#[inline(always)]
pub(super) fn q5_k(bytes: &[u8], block: &mut Block) {
    block.halves = [half(bytes), half(&bytes[2..])];
    scales_and_minima(&bytes[4..16], block);
    nibbles_by_64(&bytes[48..176], block);
    for (eighth, values) in block.values.chunks_exact_mut(BLOCK_COLUMNS).enumerate() {
        for (value, bits) in values.iter_mut().zip(&bytes[16..48]) {
            *value |= (bits >> eighth & 1) << 4;
        }
    }
}

/// `block_q6_K`: four bits of 128 columns by halves of 64, two bits of them by quarters of 32,
/// for each 16 columns a scale in a signed byte, and the f16 number.
#[inline(always)]
pub(super) fn q6_k(bytes: &[u8], block: &mut Block) {
    let (low, high) = (bytes[..128].chunks_exact(64), bytes[128..192].chunks_exact(32));
    for ((values, low), high) in block.values.chunks_exact_mut(128).zip(low).zip(high) {
        let (first, second) = values.split_at_mut(64);
        split_nibbles(low, first, second);
        for (quarter, values) in values.chunks_exact_mut(BLOCK_COLUMNS).enumerate() {
            for (value, bits) in values.iter_mut().zip(high) {
                *value |= (bits >> (2 * quarter) & 3) << 4;
            }
        }
    }
    block.bytes.copy_from_slice(&bytes[192..208]);
    block.halves[0] = half(&bytes[208..]);
}

/// `block_iq4_xs`: the f16 number, the upper two bits of the scales, their lower four bits,
/// then nibbles as in blocks of 32. Scales have an offset of 32.
#[inline(always)]
pub(super) fn iq4_xs(bytes: &[u8], block: &mut Block) {
    block.halves[0] = half(bytes);
    let upper = half(&bytes[2..]);
    for (at, scale) in block.bytes[..SUPER_BLOCKS].iter_mut().enumerate() {
        let low = bytes[4 + at / 2] >> (4 * (at % 2)) & 15;
        let high = (upper >> (2 * at) & 3) as u8;
        *scale = (low | high << 4).wrapping_sub(32);
    }
    let values = block.values.chunks_exact_mut(BLOCK_COLUMNS);
    for (values, bytes) in values.zip(bytes[8..136].chunks_exact(16)) {
        let (low, high) = values.split_at_mut(16);
        split_nibbles(bytes, low, high);
    }
}

/// Two bits of 128 columns by quarters of 32.
#[inline(always)]
fn two_bits(bytes: &[u8], block: &mut Block) {
    let values = block.values.chunks_exact_mut(128);
    for (values, bytes) in values.zip(bytes.chunks_exact(32)) {
        for (quarter, values) in values.chunks_exact_mut(BLOCK_COLUMNS).enumerate() {
            for (value, bits) in values.iter_mut().zip(bytes) {
                *value = bits >> (2 * quarter) & 3;
            }
        }
    }
}

#[inline(always)]
fn nibbles_by_64(bytes: &[u8], block: &mut Block) {
    let values = block.values.chunks_exact_mut(64);
    for (values, bytes) in values.zip(bytes.chunks_exact(32)) {
        let (low, high) = values.split_at_mut(BLOCK_COLUMNS);
        split_nibbles(bytes, low, high);
    }
}

/// Eight scales and eight minima of six bits in twelve bytes (`get_scale_min_k4`): for each
/// block of 32 its scale, then its minimum.
#[inline(always)]
fn scales_and_minima(bytes: &[u8], block: &mut Block) {
    for at in 0..4 {
        let (scale, minimum, both) = (bytes[at], bytes[at + 4], bytes[at + 8]);
        block.bytes[2 * at] = scale & 63;
        block.bytes[2 * at + 1] = minimum & 63;
        block.bytes[2 * (at + 4)] = (both & 15) | (scale >> 6) << 4;
        block.bytes[2 * (at + 4) + 1] = (both >> 4) | (minimum >> 6) << 4;
    }
}

//! How scales and minima lie in a tile, and how they become f32.
//!
//! For each block of a file, a tile has a record ([`ScaleKind::record`]): f16 numbers, each of
//! all sixteen rows, then bytes likewise. Bytes go by blocks of 32 columns: the scale and the
//! minimum, or the scales of both halves; or, where both have four bits, for each half a byte
//! with the scale below and the minimum above.

use super::format::{SUPER_BLOCKS, ScaleKind, TILE_ROWS};
use super::ggml::Block;

/// A number for each row of a tile.
pub(crate) type Lanes = [f32; TILE_ROWS];

/// Stores a row's scales of a block of a file; `to` is the tile's record of it.
#[inline(always)]
pub(super) fn store(kind: ScaleKind, block: &Block, row: usize, to: &mut [u8]) {
    let (halves, bytes) = kind.record();
    let (of_halves, of_bytes) = to.split_at_mut(2 * halves * TILE_ROWS);
    for (to, half) in of_halves.chunks_exact_mut(2 * TILE_ROWS).zip(block.halves) {
        to[2 * row..][..2].copy_from_slice(&half.to_le_bytes());
    }
    for (to, byte) in of_bytes.chunks_exact_mut(TILE_ROWS).zip(&block.bytes[..bytes]) {
        to[row] = *byte;
    }
}

/// The scales of the blocks from `first` on, and their minima. Of each block, `scales` gets one
/// number for each row, or two where halves have their own; so does `minima` where there are
/// minima, and nothing else. `stored` is all of a tile's.
#[inline(always)]
pub(crate) fn load(
    kind: ScaleKind,
    stored: &[u8],
    first: usize,
    scales: &mut [Lanes],
    minima: &mut [Lanes],
) {
    let size = kind.tile_bytes();
    match kind {
        ScaleKind::Half => {
            let stored = stored[first * size..].chunks_exact(size);
            scales.iter_mut().zip(stored).for_each(|(out, stored)| halves(stored, out));
        }
        ScaleKind::HalfAndMinimum => {
            let stored = stored[first * size..].chunks_exact(size);
            for ((scale, minimum), stored) in scales.iter_mut().zip(minima).zip(stored) {
                halves(stored, scale);
                halves(&stored[2 * TILE_ROWS..], minimum);
            }
        }
        ScaleKind::Exponent => {
            let stored = stored[first * size..].chunks_exact(size);
            for (out, stored) in scales.iter_mut().zip(stored) {
                for (out, exponent) in out.iter_mut().zip(stored) {
                    *out = half_power(*exponent);
                }
            }
        }
        ScaleKind::Signed => {
            for_each_block(kind, stored, first, scales, |records, at, scale| {
                let scales = &records.bytes[at * TILE_ROWS..];
                signed(&records.scale, scales, &mut scale[0]);
            });
        }
        ScaleKind::SignedHalves => {
            for_each_block(kind, stored, first, scales, |records, at, scale| {
                for (half, out) in scale.iter_mut().enumerate() {
                    let scales = &records.bytes[(2 * at + half) * TILE_ROWS..];
                    signed(&records.scale, scales, out);
                }
            });
        }
        ScaleKind::UnsignedAndMinimum => {
            let mut minima = minima.iter_mut();
            for_each_block(kind, stored, first, scales, |records, at, scale| {
                let bytes = &records.bytes[2 * at * TILE_ROWS..];
                unsigned(&records.scale, bytes, |byte| byte, &mut scale[0]);
                if let Some(out) = minima.next() {
                    unsigned(&records.minimum, &bytes[TILE_ROWS..], |byte| byte, out);
                    out.iter_mut().for_each(|minimum| *minimum = -*minimum);
                }
            });
        }
        ScaleKind::NibbleHalvesAndMinimum => {
            let mut minima = minima.iter_mut();
            for_each_block(kind, stored, first, scales, |records, at, scale| {
                for (half, out) in scale.iter_mut().enumerate() {
                    let bytes = &records.bytes[(2 * at + half) * TILE_ROWS..];
                    unsigned(&records.scale, bytes, |byte| byte & 15, out);
                    if let Some(out) = minima.next() {
                        unsigned(&records.minimum, bytes, |byte| byte >> 4, out);
                        out.iter_mut().for_each(|minimum| *minimum = -*minimum);
                    }
                }
            });
        }
    }
}

/// What the blocks of a super-block have in common.
struct Record<'a> {
    scale: Lanes,
    minimum: Lanes,
    bytes: &'a [u8],
}

/// Calls `each` with a block's record, its number within the super-block, and its scales.
#[inline(always)]
fn for_each_block(
    kind: ScaleKind,
    stored: &[u8],
    first: usize,
    scales: &mut [Lanes],
    mut each: impl FnMut(&Record<'_>, usize, &mut [Lanes]),
) {
    let size = kind.tile_bytes();
    let count = kind.record().0;
    let per_block = if kind.by_halves() { 2 } else { 1 };
    let mut record =
        Record { scale: [0.0; TILE_ROWS], minimum: [0.0; TILE_ROWS], bytes: &[] };
    for (block, scale) in (first..).zip(scales.chunks_exact_mut(per_block)) {
        if block % SUPER_BLOCKS == 0 || record.bytes.is_empty() {
            let stored = &stored[block / SUPER_BLOCKS * size..][..size];
            let (of_halves, bytes) = stored.split_at(2 * count * TILE_ROWS);
            halves(of_halves, &mut record.scale);
            if count > 1 {
                halves(&of_halves[2 * TILE_ROWS..], &mut record.minimum);
            }
            record.bytes = bytes;
        }
        each(&record, block % SUPER_BLOCKS, scale);
    }
}

#[inline(always)]
fn signed(scale: &Lanes, bytes: &[u8], out: &mut Lanes) {
    for ((out, scale), byte) in out.iter_mut().zip(scale).zip(&bytes[..TILE_ROWS]) {
        *out = scale * f32::from(*byte as i8);
    }
}

#[inline(always)]
fn unsigned(scale: &Lanes, bytes: &[u8], part: impl Fn(u8) -> u8, out: &mut Lanes) {
    for ((out, scale), byte) in out.iter_mut().zip(scale).zip(&bytes[..TILE_ROWS]) {
        *out = scale * f32::from(part(*byte));
    }
}

/// f16 numbers that are finite, as f32.
#[inline(always)]
fn halves(stored: &[u8], out: &mut Lanes) {
    /// What moves an exponent from the bias of f16 to that of f32: 2^(127 − 15). It also makes
    /// subnormal numbers right.
    const REBIAS: f32 = 5.192_297e33;
    for (out, bytes) in out.iter_mut().zip(stored.as_chunks().0) {
        // Sign-extended and shifted, a half has its sign in all bits from 28 on.
        let bits = i32::from(i16::from_le_bytes(*bytes)) << 13;
        *out = f32::from_bits(bits as u32 & 0x8FFF_E000) * REBIAS;
    }
}

/// Half of the power of two with an exponent of E8M0: 2^(e − 128), as the codebook has twice
/// the numbers.
#[inline(always)]
fn half_power(exponent: u8) -> f32 {
    // Those of 0 and 1 are subnormal in f32.
    let bits = match exponent {
        0 => 0x0020_0000,
        1 => 0x0040_0000,
        exponent => (u32::from(exponent) - 1) << 23,
    };
    f32::from_bits(bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn halves_are_those_of_the_half_crate() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            let mut out = [0.0; TILE_ROWS];
            halves(&bits.to_le_bytes().repeat(TILE_ROWS), &mut out);
            let expected = half::f16::from_bits(bits).to_f32();
            assert_eq!(out[7].to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn powers_are_half_of_those_of_the_exponent() {
        for exponent in 0..255u8 {
            let expected = 2f64.powi(i32::from(exponent) - 128) as f32;
            assert_eq!(half_power(exponent), expected, "{exponent}");
        }
    }
}

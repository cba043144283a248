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

/// How a byte scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteScale {
    Signed,
    Unsigned,
    LowNibble,
    HighNibble,
}

/// Sixteen stored numbers to f32, by instructions of a processor: f16 numbers, and bytes times
/// what they have in common.
pub(crate) struct Convert<H, B> {
    pub(crate) halves: H,
    pub(crate) bytes: B,
}

/// The scales of the blocks from `first` on, and their minima. Of each block, `scales` gets one
/// number for each row, or two where halves have their own; so does `minima` where there are
/// minima, and nothing else. `stored` is all of a tile's.
#[inline(always)]
pub(crate) fn load<H, B>(
    convert: Convert<H, B>,
    kind: ScaleKind,
    stored: &[u8],
    first: usize,
    scales: &mut [Lanes],
    minima: &mut [Lanes],
) where
    H: Fn(&[u8; HALVES_BYTES], &mut Lanes),
    B: Fn(ByteScale, &Lanes, &[u8; TILE_ROWS], &mut Lanes),
{
    use ByteScale::{HighNibble, LowNibble, Signed, Unsigned};
    let Convert { halves, bytes: scaled } = convert;
    match kind {
        ScaleKind::Half => {
            for (out, stored) in scales.iter_mut().zip(&stored.as_chunks().0[first..]) {
                halves(stored, out);
            }
        }
        ScaleKind::HalfAndMinimum => {
            let stored = &stored.as_chunks().0[2 * first..];
            for ((scale, minimum), stored) in
                scales.iter_mut().zip(minima).zip(stored.as_chunks::<2>().0)
            {
                halves(&stored[0], scale);
                halves(&stored[1], minimum);
            }
        }
        ScaleKind::Exponent => {
            for (out, stored) in scales.iter_mut().zip(&stored.as_chunks().0[first..]) {
                exponents(stored, out);
            }
        }
        ScaleKind::Signed => {
            for_each_block(kind, stored, first, halves, |block, at, of_scale, _| {
                scaled(
                    Signed,
                    of_scale,
                    &at[block % SUPER_BLOCKS],
                    &mut scales[block - first],
                );
                block + 1 - first < scales.len()
            });
        }
        ScaleKind::SignedHalves => {
            for_each_block(kind, stored, first, halves, |block, bytes, of_scale, _| {
                let (at, out) = (2 * (block % SUPER_BLOCKS), 2 * (block - first));
                scaled(Signed, of_scale, &bytes[at], &mut scales[out]);
                scaled(Signed, of_scale, &bytes[at + 1], &mut scales[out + 1]);
                out + 2 < scales.len()
            });
        }
        ScaleKind::UnsignedAndMinimum => {
            for_each_block(
                kind,
                stored,
                first,
                halves,
                |block, bytes, of_scale, of_minimum| {
                    let (at, out) = (2 * (block % SUPER_BLOCKS), block - first);
                    scaled(Unsigned, of_scale, &bytes[at], &mut scales[out]);
                    scaled(Unsigned, of_minimum, &bytes[at + 1], &mut minima[out]);
                    out + 1 < scales.len()
                },
            );
        }
        ScaleKind::NibbleHalvesAndMinimum => {
            for_each_block(
                kind,
                stored,
                first,
                halves,
                |block, bytes, of_scale, of_minimum| {
                    let (at, out) = (2 * (block % SUPER_BLOCKS), 2 * (block - first));
                    for half in 0..2 {
                        let bytes = &bytes[at + half];
                        scaled(LowNibble, of_scale, bytes, &mut scales[out + half]);
                        scaled(HighNibble, of_minimum, bytes, &mut minima[out + half]);
                    }
                    out + 2 < scales.len()
                },
            );
        }
    }
}

/// Bytes of an f16 number of each row.
pub(crate) const HALVES_BYTES: usize = 2 * TILE_ROWS;

/// Calls `each` with a block, the bytes of its super-block by rows, and what scales have in
/// common, and minima, with their sign changed; until it says that there is no more.
#[inline(always)]
fn for_each_block(
    kind: ScaleKind,
    stored: &[u8],
    first: usize,
    halves: impl Fn(&[u8; HALVES_BYTES], &mut Lanes),
    mut each: impl FnMut(usize, &[[u8; TILE_ROWS]], &Lanes, &Lanes) -> bool,
) {
    let (size, count) = (kind.tile_bytes(), kind.record().0);
    let (mut scale, mut minimum) = ([0.0; TILE_ROWS], [0.0; TILE_ROWS]);
    let mut bytes: &[[u8; TILE_ROWS]] = &[];
    for block in first.. {
        if bytes.is_empty() || block % SUPER_BLOCKS == 0 {
            let record = &stored[block / SUPER_BLOCKS * size..][..size];
            let (of_halves, rest) = record.split_at(count * HALVES_BYTES);
            let of_halves = of_halves.as_chunks().0;
            halves(&of_halves[0], &mut scale);
            if count > 1 {
                halves(&of_halves[1], &mut minimum);
                minimum.iter_mut().for_each(|minimum| *minimum = -*minimum);
            }
            bytes = rest.as_chunks().0;
        }
        if !each(block, bytes, &scale, &minimum) {
            return;
        }
    }
}

/// The conversions in plain Rust.
pub(crate) mod plain {
    use super::{ByteScale, HALVES_BYTES, Lanes};
    use crate::packed::TILE_ROWS;

    /// f16 numbers that are finite, as f32.
    #[inline(always)]
    pub(crate) fn halves(stored: &[u8; HALVES_BYTES], out: &mut Lanes) {
        /// What moves an exponent from the bias of f16 to that of f32: 2^(127 − 15). It also
        /// makes subnormal numbers right.
        const REBIAS: f32 = 5.192_297e33;
        for (out, half) in out.iter_mut().zip(stored.as_chunks().0) {
            // Sign-extended and shifted, a half has its sign in all bits from 28 on.
            let bits = i32::from(i16::from_le_bytes(*half)) << 13;
            *out = f32::from_bits(bits as u32 & 0x8FFF_E000) * REBIAS;
        }
    }

    /// Bytes, or parts of them, times what they have in common.
    #[inline(always)]
    pub(crate) fn bytes(
        how: ByteScale,
        common: &Lanes,
        bytes: &[u8; TILE_ROWS],
        out: &mut Lanes,
    ) {
        for ((out, common), byte) in out.iter_mut().zip(common).zip(bytes) {
            let value = match how {
                ByteScale::Signed => i32::from(*byte as i8),
                ByteScale::Unsigned => i32::from(*byte),
                ByteScale::LowNibble => i32::from(byte & 15),
                ByteScale::HighNibble => i32::from(byte >> 4),
            };
            *out = common * value as f32;
        }
    }
}

/// Half of the powers of two with exponents of E8M0: 2^(e − 128), as the codebook has twice the
/// numbers.
#[inline(always)]
fn exponents(stored: &[u8; TILE_ROWS], out: &mut Lanes) {
    for (out, exponent) in out.iter_mut().zip(stored) {
        let exponent = u32::from(*exponent);
        // Those of 0 and 1 are subnormal in f32.
        let subnormal = 0x0020_0000 << (exponent & 1);
        let bits = if exponent < 2 { subnormal } else { exponent.wrapping_sub(1) << 23 };
        *out = f32::from_bits(bits);
    }
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
            let stored = [bits.to_le_bytes(); TILE_ROWS];
            plain::halves(&stored.as_flattened().as_chunks().0[0], &mut out);
            let expected = half::f16::from_bits(bits).to_f32();
            assert_eq!(out[7].to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn powers_are_half_of_those_of_the_exponent() {
        for exponent in 0..255u8 {
            let expected = 2f64.powi(i32::from(exponent) - 128) as f32;
            let mut out = [0.0; TILE_ROWS];
            exponents(&[exponent; TILE_ROWS], &mut out);
            assert_eq!(out[15], expected, "{exponent}");
        }
    }
}

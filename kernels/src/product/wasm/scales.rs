//! Scales to f32, in vectors of four: what `packed::scales` asks of a processor. Compilers do
//! not make vectors of the plain form.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::results::LANES;
use crate::packed::TILE_ROWS;
use crate::packed::scales::{ByteScale, HALVES_BYTES, Lanes};

/// As `plain::halves`.
#[inline(always)]
pub(crate) fn halves(stored: &[u8; HALVES_BYTES], out: &mut Lanes) {
    /// What moves an exponent from the bias of f16 to that of f32: 2^(127 − 15).
    const REBIAS: f32 = 5.192_297e33;
    // SAFETY: there are two times eight numbers of two bytes, and loads need no alignment.
    let words = [0, 16].map(|at| unsafe { v128_load(stored.as_ptr().add(at).cast()) });
    put(words, out, |_, halves| {
        // Sign-extended and shifted, a half has its sign in all bits from 28 on.
        let bits = v128_and(i32x4_shl(halves, 13), u32x4_splat(0x8FFF_E000));
        f32x4_mul(bits, f32x4_splat(REBIAS))
    });
}

/// As `plain::bytes`.
#[inline(always)]
pub(crate) fn bytes(
    how: ByteScale,
    common: &Lanes,
    bytes: &[u8; TILE_ROWS],
    out: &mut Lanes,
) {
    // SAFETY: there are sixteen, and loads need no alignment.
    let bytes = unsafe { v128_load(bytes.as_ptr().cast()) };
    let nibbles = u8x16_splat(15);
    let bytes = match how {
        ByteScale::Signed | ByteScale::Unsigned => bytes,
        ByteScale::LowNibble => v128_and(bytes, nibbles),
        ByteScale::HighNibble => v128_and(u16x8_shr(bytes, 4), nibbles),
    };
    let words = match how {
        ByteScale::Signed => {
            [i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes)]
        }
        _ => [u16x8_extend_low_u8x16(bytes), u16x8_extend_high_u8x16(bytes)],
    };
    put(words, out, |four, integers| {
        // SAFETY: there are four times four numbers, and loads need no alignment.
        let common = unsafe { v128_load(common.as_ptr().add(four * LANES).cast()) };
        f32x4_mul(common, f32x4_convert_i32x4(integers))
    });
}

/// Puts what becomes of sixteen integers, which are given by fours with the number of the four.
#[inline(always)]
fn put([a, b]: [v128; 2], out: &mut Lanes, number: impl Fn(usize, v128) -> v128) {
    let integers = [
        i32x4_extend_low_i16x8(a),
        i32x4_extend_high_i16x8(a),
        i32x4_extend_low_i16x8(b),
        i32x4_extend_high_i16x8(b),
    ];
    for (four, integers) in integers.into_iter().enumerate() {
        // SAFETY: there is place for four times four numbers, and stores need no alignment.
        unsafe {
            let to = out.as_mut_ptr().add(four * LANES);
            v128_store(to.cast(), number(four, integers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::scales::plain;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn halves_are_those_of_the_half_crate() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            let stored = [bits.to_le_bytes(); TILE_ROWS];
            let mut out = [0.0; TILE_ROWS];
            halves(&stored.as_flattened().as_chunks().0[0], &mut out);
            let expected = half::f16::from_bits(bits).to_f32();
            assert!(out.iter().all(|x| x.to_bits() == expected.to_bits()));
        }
    }

    #[test]
    fn bytes_scale_as_in_the_plain_form() {
        let common = std::array::from_fn(|row| 1.0 + row as f32);
        for first in 0..=u8::MAX {
            let stored = std::array::from_fn(|row| first.wrapping_add(17 * row as u8));
            for how in [
                ByteScale::Signed,
                ByteScale::Unsigned,
                ByteScale::LowNibble,
                ByteScale::HighNibble,
            ] {
                let (mut out, mut expected) = ([0.0; TILE_ROWS], [0.0; TILE_ROWS]);
                bytes(how, &common, &stored, &mut out);
                plain::bytes(how, &common, &stored, &mut expected);
                assert_eq!(out, expected, "{how:?}");
            }
        }
    }
}

//! WebAssembly: in vectors of four, which the compiler does not make of the plain form.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::{Lanes, REBIAS, SIGN_AND_REST};
use crate::packed::format::TILE_ROWS;

/// As `plain::signed`.
#[inline(always)]
pub(crate) fn signed(scale: &Lanes, bytes: &[u8], out: &mut Lanes) {
    let bytes = load(bytes);
    let words = [i16x8_extend_low_i8x16(bytes), i16x8_extend_high_i8x16(bytes)];
    multiply(scale, words, out);
}

/// As `plain::unsigned`.
#[inline(always)]
pub(crate) fn unsigned(
    scale: &Lanes,
    bytes: &[u8],
    (shift, mask): (u32, u8),
    out: &mut Lanes,
) {
    // What comes from the byte above is masked.
    let bytes = v128_and(u16x8_shr(load(bytes), shift), u8x16_splat(mask));
    let words = [u16x8_extend_low_u8x16(bytes), u16x8_extend_high_u8x16(bytes)];
    multiply(scale, words, out);
}

/// As `plain::halves`.
#[inline(always)]
pub(crate) fn halves(stored: &[u8], out: &mut Lanes) {
    let (first, second) = stored.split_at(TILE_ROWS);
    let words = [load(first), load(second)];
    put(words, out, |_, halves| {
        let bits = v128_and(i32x4_shl(halves, 13), u32x4_splat(SIGN_AND_REST));
        f32x4_mul(bits, f32x4_splat(REBIAS))
    });
}

/// Scales times integers.
#[inline(always)]
fn multiply(scale: &Lanes, words: [v128; 2], out: &mut Lanes) {
    put(words, out, |four, integers| {
        let scale = &scale[4 * four..][..4];
        // SAFETY: there are four numbers, and loads need no alignment.
        let scale = unsafe { v128_load(scale.as_ptr().cast()) };
        f32x4_mul(scale, f32x4_convert_i32x4(integers))
    });
}

/// Puts what becomes of sixteen integers, which are given four at a time with the number of the
/// four.
#[inline(always)]
fn put(words: [v128; 2], out: &mut Lanes, number: impl Fn(usize, v128) -> v128) {
    let [a, b] = words;
    let integers = [
        i32x4_extend_low_i16x8(a),
        i32x4_extend_high_i16x8(a),
        i32x4_extend_low_i16x8(b),
        i32x4_extend_high_i16x8(b),
    ];
    for (four, (integers, out)) in
        integers.into_iter().zip(out.chunks_exact_mut(4)).enumerate()
    {
        // SAFETY: there is place for four numbers, and stores need no alignment.
        unsafe { v128_store(out.as_mut_ptr().cast(), number(four, integers)) };
    }
}

/// The first sixteen bytes.
#[inline(always)]
fn load(bytes: &[u8]) -> v128 {
    let bytes = &bytes[..16];
    // SAFETY: there are sixteen, and loads need no alignment.
    unsafe { v128_load(bytes.as_ptr().cast()) }
}

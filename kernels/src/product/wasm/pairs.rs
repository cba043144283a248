//! Relaxed SIMD where the dot product with four bytes to a sum is not one instruction (x86
//! without VNNI): `i16x8.relaxed_dot_i8x16_i7x16_s` adds products in pairs, which is one
//! there. Nibbles of weights fit its seven bits, and all products of a block with them fit
//! into 16 bits: 2 · 15 · 127 for a pair, eight of which are added up. So it is exact on
//! every machine.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::{LANES, REBIAS, scales};
use crate::activations::Inputs;
use crate::packed::{BLOCK, Format, GROUP, TILE_ROWS, Tile};
use crate::product::{Outputs, by_count};

/// As `plain::q8`: w = 16 · high + low.
///
/// # Safety
/// None is needed here.
pub(crate) unsafe fn q8(tile: Tile<'_>, inputs: Inputs<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As `plain::q4`.
///
/// # Safety
/// None is needed here.
pub(crate) unsafe fn q4(tile: Tile<'_>, inputs: Inputs<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations. One takes all rows of the tile at once, to read the weights in
/// one go; more go by fours, which may overlap, with as many rows of the tile as leaves
/// eight sums: more do not stay in registers.
#[inline]
unsafe fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { Format::Q4 } else { Format::Q8 };
    inputs.check(N, tile, format);
    // SAFETY: the lengths were checked.
    unsafe {
        if N == 1 {
            part::<FOUR_BITS, 4, N>(0, 0, tile, inputs, outputs);
        } else if FOUR_BITS {
            for vector in [0, 2] {
                tokens::<FOUR_BITS, 2, N>(vector, tile, inputs, outputs);
            }
        } else {
            for vector in 0..4 {
                tokens::<FOUR_BITS, 1, N>(vector, tile, inputs, outputs);
            }
        }
    }
}

/// All N rows of activations for V vectors of rows.
///
/// # Safety
/// The lengths must have been checked.
#[inline]
unsafe fn tokens<const FOUR_BITS: bool, const V: usize, const N: usize>(
    first: usize,
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    // SAFETY: the caller has checked the lengths.
    unsafe {
        if N <= 4 {
            part::<FOUR_BITS, V, N>(first, 0, tile, inputs, outputs);
        } else {
            part::<FOUR_BITS, V, 4>(first, 0, tile, inputs, outputs);
            part::<FOUR_BITS, V, 4>(first, N - 4, tile, inputs, outputs);
        }
    }
}

/// V vectors of rows from the vector `first` on, and N rows of activations from `base` on.
///
/// # Safety
/// The lengths must have been checked.
#[inline]
unsafe fn part<const FOUR_BITS: bool, const V: usize, const N: usize>(
    first: usize,
    base: usize,
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { Format::Q4 } else { Format::Q8 };
    let groups = format.tile_bytes() / GROUP;
    let nibbles = u8x16_splat(15);
    let mut results = [[f32x4_splat(0.0); V]; N];
    for block in 0..inputs.blocks {
        // Two sums for each row, in 16 bits. With FOUR_BITS, high nibbles are other
        // columns, and all goes into the first.
        let mut lows = [[i16x8_splat(0); V]; N];
        let mut highs = [[i16x8_splat(0); V]; N];
        // SAFETY: the caller has checked the lengths.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP / LANES);
            let values = inputs.values.as_ptr().add(block * BLOCK);
            for group in 0..groups {
                for vector in 0..V {
                    let w = weights.add(group * GROUP + vector * GROUP / LANES);
                    let w = v128_load(w.cast());
                    let (low, high) = (v128_and(w, nibbles), u8x16_shr(w, 4));
                    for token in 0..N {
                        let values = values
                            .add((base + token) * inputs.blocks * BLOCK + 4 * group);
                        let a = v128_load32_splat(values.cast());
                        let sums = &mut lows[token][vector];
                        *sums = add(a, low, *sums);
                        if FOUR_BITS {
                            let b = v128_load32_splat(values.add(BLOCK / 2).cast());
                            *sums = add(b, high, *sums);
                        } else {
                            let sums = &mut highs[token][vector];
                            *sums = add(a, high, *sums);
                        }
                    }
                }
            }
            for vector in 0..V {
                let row = block * TILE_ROWS + (first + vector) * LANES;
                let scales = scales(tile.scales.as_ptr().add(row));
                for token in 0..N {
                    let at = (base + token) * inputs.blocks + block;
                    let mut dot = i32x4_extadd_pairwise_i16x8(lows[token][vector]);
                    if !FOUR_BITS {
                        let high = i32x4_extadd_pairwise_i16x8(highs[token][vector]);
                        dot = i32x4_add(dot, i32x4_shl(high, 4));
                    }
                    let offset = format.offset() * inputs.sums.get_unchecked(at);
                    let dot = f32x4_convert_i32x4(i32x4_sub(dot, i32x4_splat(offset)));
                    let scale = f32x4_splat(*inputs.scales.get_unchecked(at) * REBIAS);
                    let result = &mut results[token][vector];
                    *result = f32x4_relaxed_madd(dot, f32x4_mul(scales, scale), *result);
                }
            }
        }
    }
    for (output, results) in outputs[base..].iter_mut().zip(results) {
        for (vector, result) in results.into_iter().enumerate() {
            let output = &mut output[(first + vector) * LANES..][..LANES];
            // SAFETY: there are four numbers.
            unsafe { v128_store(output.as_mut_ptr().cast(), result) };
        }
    }
}

/// Adds eight sums of two products each.
#[inline]
fn add(activations: v128, nibbles: v128, sums: v128) -> v128 {
    i16x8_add(sums, i16x8_relaxed_dot_i8x16_i7x16(activations, nibbles))
}

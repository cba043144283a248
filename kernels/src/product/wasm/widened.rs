//! Plain simd128: bytes widened to 16 bits, which `i32x4.dot_i16x8_s` multiplies and adds
//! in pairs.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::vectors::{LANES, REBIAS, groups, scales};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};
use crate::product::tile_product::{Outputs, by_count};

/// As [`plain::q8`](crate::product::plain::q8).
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As [`plain::q4`](crate::product::plain::q4).
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations. One takes all rows of the tile at once, to read the weights in
/// one go; more go by fours, which may overlap, with four rows of the tile: more sums than
/// these do not stay in sixteen registers.
#[inline]
fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    // SAFETY: the lengths were checked for N rows, which all that follows stay within, and a
    // tile has the vectors 0 to 3.
    unsafe {
        if N == 1 {
            part::<FOUR_BITS, 4, N>(0, 0, tile, inputs, outputs);
            return;
        }
        for vector in 0..TILE_ROWS / LANES {
            if N <= 4 {
                part::<FOUR_BITS, 1, N>(vector, 0, tile, inputs, outputs);
            } else {
                part::<FOUR_BITS, 1, 4>(vector, 0, tile, inputs, outputs);
                part::<FOUR_BITS, 1, 4>(vector, N - 4, tile, inputs, outputs);
            }
        }
    }
}

/// V vectors of rows from the vector `first` on, and N rows of activations from `base` on.
///
/// # Safety
/// The tile and `base` + N rows of activations must have passed [`ActivationRows::check`],
/// and `first` + V must not exceed 4.
#[inline]
unsafe fn part<const FOUR_BITS: bool, const V: usize, const N: usize>(
    first: usize,
    base: usize,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    let groups = groups::<N>(format);
    let mut results = [[f32x4_splat(0.0); V]; N];
    for block in 0..inputs.blocks {
        // Two sums for each of two rows, then for each of two others.
        let mut dots = [[[i32x4_splat(0); 2]; V]; N];
        // SAFETY: as the caller has checked, the tile has this block: `tile_bytes` bytes of
        // values, of which each vector has 16 in every group, and 16 scales, of which each
        // vector has 4. Each of the N rows has it, too: 32 values, a scale and a sum. Loads
        // need no alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP_BYTES / LANES);
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            for group in 0..groups {
                let w: [_; V] = std::array::from_fn(|vector| {
                    let w =
                        weights.add(group * GROUP_BYTES + vector * GROUP_BYTES / LANES);
                    v128_load(w.cast())
                });
                for (token, dots) in (base..).zip(&mut dots) {
                    let values =
                        values.add(token * inputs.blocks * BLOCK_COLUMNS + 4 * group);
                    let a = four(values);
                    for vector in 0..V {
                        let (dots, w) = (&mut dots[vector], w[vector]);
                        if FOUR_BITS {
                            add(dots, v128_and(w, u8x16_splat(15)), a);
                        } else {
                            add(dots, w, a);
                        }
                    }
                    if FOUR_BITS {
                        let b = four(values.add(BLOCK_COLUMNS / 2));
                        for vector in 0..V {
                            add(&mut dots[vector], u8x16_shr(w[vector], 4), b);
                        }
                    }
                }
            }
            for vector in 0..V {
                let row = block * TILE_ROWS + (first + vector) * LANES;
                let scales = scales(tile.scales.as_ptr().add(row));
                for token in 0..N {
                    let at = (base + token) * inputs.blocks + block;
                    let [a, b] = dots[token][vector];
                    let correction = format.offset() * inputs.sums.get_unchecked(at);
                    let even = i32x4_shuffle::<0, 2, 4, 6>(a, b);
                    let odd = i32x4_shuffle::<1, 3, 5, 7>(a, b);
                    let dot = i32x4_sub(i32x4_add(even, odd), i32x4_splat(correction));
                    let scale = f32x4_splat(*inputs.scales.get_unchecked(at) * REBIAS);
                    let scaled =
                        f32x4_mul(f32x4_convert_i32x4(dot), f32x4_mul(scales, scale));
                    let result = &mut results[token][vector];
                    *result = f32x4_add(*result, scaled);
                }
            }
        }
    }
    for (output, results) in outputs[base..].iter_mut().zip(results) {
        for (vector, result) in results.into_iter().enumerate() {
            let output = &mut output[(first + vector) * LANES..][..LANES];
            // SAFETY: the slice has four numbers, and stores need no alignment.
            unsafe { v128_store(output.as_mut_ptr().cast(), result) };
        }
    }
}

/// Adds the products of 16 unsigned weights, four rows of four columns, with four
/// activations that stand twice.
#[inline]
fn add(dots: &mut [v128; 2], weights: v128, activations: v128) {
    let low = i32x4_dot_i16x8(u16x8_extend_low_u8x16(weights), activations);
    let high = i32x4_dot_i16x8(u16x8_extend_high_u8x16(weights), activations);
    dots[0] = i32x4_add(dots[0], low);
    dots[1] = i32x4_add(dots[1], high);
}

/// Four activations, twice, in 16 bits.
///
/// # Safety
/// There must be four at `values`.
#[inline]
unsafe fn four(values: *const i8) -> v128 {
    // SAFETY: the caller says that there are four bytes; the load needs no alignment.
    i16x8_extend_low_i8x16(unsafe { v128_load32_splat(values.cast()) })
}

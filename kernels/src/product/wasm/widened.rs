//! Plain simd128: bytes widened to 16 bits, which `i32x4.dot_i16x8_s` multiplies and adds
//! in pairs.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::{LANES, REBIAS, scales};
use crate::activations::Inputs;
use crate::packed::{BLOCK, Format, GROUP, TILE_ROWS, Tile};
use crate::product::{Outputs, by_count};

/// As `plain::q8`.
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

/// N rows of activations: up to four at once, which may overlap, as more sums than these
/// do not stay in sixteen registers; and four rows of the tile.
#[inline]
unsafe fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { Format::Q4 } else { Format::Q8 };
    inputs.check(N, tile, format);
    for vector in 0..TILE_ROWS / LANES {
        // SAFETY: the lengths were checked.
        unsafe {
            if N <= 4 {
                part::<FOUR_BITS, N>(vector, 0, tile, inputs, outputs);
            } else {
                part::<FOUR_BITS, 4>(vector, 0, tile, inputs, outputs);
                part::<FOUR_BITS, 4>(vector, N - 4, tile, inputs, outputs);
            }
        }
    }
}

/// The vector `vector` of rows, and N rows of activations from `base` on.
///
/// # Safety
/// The lengths must have been checked.
#[inline]
unsafe fn part<const FOUR_BITS: bool, const N: usize>(
    vector: usize,
    base: usize,
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { Format::Q4 } else { Format::Q8 };
    let groups = format.tile_bytes() / GROUP;
    let mut results = [f32x4_splat(0.0); N];
    for block in 0..inputs.blocks {
        // Two sums for each of two rows, then for each of two others.
        let mut dots = [[i32x4_splat(0); 2]; N];
        // SAFETY: the caller has checked the lengths.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let values = inputs.values.as_ptr().add(block * BLOCK);
            for group in 0..groups {
                let w = weights.add(group * GROUP + vector * GROUP / LANES);
                let w = v128_load(w.cast());
                for (token, dots) in (base..).zip(&mut dots) {
                    let values = values.add(token * inputs.blocks * BLOCK + 4 * group);
                    if FOUR_BITS {
                        let low = v128_and(w, u8x16_splat(15));
                        add(dots, low, four(values));
                        add(dots, u8x16_shr(w, 4), four(values.add(BLOCK / 2)));
                    } else {
                        add(dots, w, four(values));
                    }
                }
            }
            let first = block * TILE_ROWS + vector * LANES;
            let scales = scales(tile.scales.as_ptr().add(first));
            for (token, (result, [a, b])) in (base..).zip(results.iter_mut().zip(dots)) {
                let at = token * inputs.blocks + block;
                let correction = format.offset() * inputs.sums.get_unchecked(at);
                let even = i32x4_shuffle::<0, 2, 4, 6>(a, b);
                let odd = i32x4_shuffle::<1, 3, 5, 7>(a, b);
                let dot = i32x4_sub(i32x4_add(even, odd), i32x4_splat(correction));
                let scale = f32x4_splat(*inputs.scales.get_unchecked(at) * REBIAS);
                let scaled =
                    f32x4_mul(f32x4_convert_i32x4(dot), f32x4_mul(scales, scale));
                *result = f32x4_add(*result, scaled);
            }
        }
    }
    for (output, result) in outputs[base..].iter_mut().zip(results) {
        // SAFETY: an output holds four times four numbers.
        unsafe { v128_store(output.as_mut_ptr().add(vector * LANES).cast(), result) };
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
#[inline]
unsafe fn four(values: *const i8) -> v128 {
    // SAFETY: the caller has four left.
    i16x8_extend_low_i8x16(unsafe { v128_load32_splat(values.cast()) })
}

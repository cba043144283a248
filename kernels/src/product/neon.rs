//! NEON with the dot product of Armv8.2: four rows of a tile to a vector, and one
//! instruction adds four products of bytes to each of four sums. Four groups of columns
//! share one load of activations, of which the instruction picks one by its number.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::aarch64::*;
use std::arch::asm;

use super::tile_product::{Outputs, by_count};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};

/// Rows of a tile in a vector.
const LANES: usize = 4;

/// As [`plain::q8`](super::plain::q8).
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As [`plain::q4`](super::plain::q4).
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations. Up to two take all rows of the tile at once, to read the weights
/// in one go; more take them by eight: sums and results then stay in 32 registers.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    // SAFETY: the lengths were checked for N rows, and a tile has the vectors 0 to 3.
    unsafe {
        if N <= 2 {
            part::<FOUR_BITS, 4, N>(0, tile, inputs, outputs);
        } else {
            part::<FOUR_BITS, 2, N>(0, tile, inputs, outputs);
            part::<FOUR_BITS, 2, N>(2, tile, inputs, outputs);
        }
    }
}

/// V vectors of rows from the vector `first` on.
///
/// # Safety
/// The tile and N rows of activations must have passed [`ActivationRows::check`], and
/// `first` + V must not exceed 4.
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn part<const FOUR_BITS: bool, const V: usize, const N: usize>(
    first: usize,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    let groups = format.tile_bytes() / GROUP_BYTES;
    let nibbles = vdupq_n_u8(15);
    let signs = vdupq_n_u8(128);
    let mut results = [[vdupq_n_f32(0.0); V]; N];
    for block in 0..inputs.blocks {
        let mut dots = [[vdupq_n_s32(0); V]; N];
        // SAFETY: as the caller has checked, the tile has this block: `tile_bytes` bytes of
        // values in 4 or 8 groups, of which each vector has 16 bytes, and 16 scales, of which
        // each vector has 4. Each of the N rows has it, too: 32 values, read by 16 from the
        // columns 0 or 16 on, a scale and a sum. Loads need no alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP_BYTES / LANES);
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            for four_groups in (0..groups).step_by(4) {
                for (token, dots) in dots.iter_mut().enumerate() {
                    let values = values.add(token * inputs.blocks * BLOCK_COLUMNS);
                    let a = vld1q_s8(values.add(4 * four_groups));
                    // With four bits there are four groups, and this is the other half.
                    let b = vld1q_s8(values.add(BLOCK_COLUMNS / 2));
                    for (vector, dot) in dots.iter_mut().enumerate() {
                        let w = weights.add(
                            four_groups * GROUP_BYTES + vector * GROUP_BYTES / LANES,
                        );
                        let w = [0, 1, 2, 3]
                            .map(|group| vld1q_u8(w.add(group * GROUP_BYTES)));
                        if FOUR_BITS {
                            let low = w.map(|w| vandq_u8(w, nibbles));
                            let high = w.map(|w| vshrq_n_u8::<4>(w));
                            *dot = add_four(*dot, low, a);
                            *dot = add_four(*dot, high, b);
                        } else {
                            let w = w.map(|w| veorq_u8(w, signs));
                            *dot = add_four(*dot, w, a);
                        }
                    }
                }
            }
            for vector in 0..V {
                let row = block * TILE_ROWS + (first + vector) * LANES;
                let scales = vld1_u16(tile.scales.as_ptr().add(row));
                let scales = vcvt_f32_f16(vreinterpret_f16_u16(scales));
                for (token, (results, dots)) in results.iter_mut().zip(&dots).enumerate()
                {
                    let at = token * inputs.blocks + block;
                    let mut dot = dots[vector];
                    if FOUR_BITS {
                        // Weights with 8 bits have their signs here.
                        let sum = inputs.sums.get_unchecked(at);
                        dot = vsubq_s32(dot, vdupq_n_s32(format.offset() * sum));
                    }
                    let scale = vmulq_n_f32(scales, *inputs.scales.get_unchecked(at));
                    let result = &mut results[vector];
                    *result = vfmaq_f32(*result, vcvtq_f32_s32(dot), scale);
                }
            }
        }
    }
    for (output, results) in outputs.iter_mut().zip(results) {
        for (vector, result) in results.into_iter().enumerate() {
            let output = &mut output[(first + vector) * LANES..][..LANES];
            // SAFETY: the slice has four numbers.
            unsafe { vst1q_f32(output.as_mut_ptr(), result) };
        }
    }
}

/// Adds the products of four groups of columns, whose activations `a` holds.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn add_four(mut sums: int32x4_t, w: [uint8x16_t; 4], a: int8x16_t) -> int32x4_t {
    let [w0, w1, w2, w3] = w;
    // The intrinsics of this instruction are not stable yet.
    // SAFETY: it reads and writes these registers only, and the processor has it, as this
    // function is compiled for `dotprod`.
    unsafe {
        asm!(
            "sdot {sums:v}.4s, {w0:v}.16b, {a:v}.4b[0]",
            "sdot {sums:v}.4s, {w1:v}.16b, {a:v}.4b[1]",
            "sdot {sums:v}.4s, {w2:v}.16b, {a:v}.4b[2]",
            "sdot {sums:v}.4s, {w3:v}.16b, {a:v}.4b[3]",
            sums = inout(vreg) sums,
            w0 = in(vreg) w0,
            w1 = in(vreg) w1,
            w2 = in(vreg) w2,
            w3 = in(vreg) w3,
            a = in(vreg) a,
            options(pure, nomem, nostack, preserves_flags),
        );
    }
    sums
}

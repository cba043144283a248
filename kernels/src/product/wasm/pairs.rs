//! Relaxed SIMD where the dot product with four bytes to a sum is not one instruction (x86
//! without VNNI): `i16x8.relaxed_dot_i8x16_i7x16_s` adds products in pairs, which is one
//! there, and takes the bytes of its second operand as they are, from 0 to 255.
//!
//! What must not happen is that a sum exceeds 16 bits. With 8 bits, activations therefore
//! come in halves, none larger than 8: 8 groups · 2 · 255 · 8 = 32640. With 4 bits, all
//! products of a block fit: 2 · 15 · 127 for a pair, eight of which are added up. So it is
//! exact.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::vectors::{LANES, REBIAS, groups, opaque, scales};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};
use crate::product::tile_product::{Outputs, by_count};

/// Whether the machine takes the second operand's bytes as from 0 to 255, and adds two
/// products where the sum fits 16 bits.
pub(crate) fn probe() -> bool {
    (0..=u8::MAX).all(|byte| {
        [-8, -1, 7, 8].into_iter().all(|value| {
            // Not known to the compiler, so that it is the machine that answers.
            let (byte, value) = std::hint::black_box((byte, value));
            let sums =
                i16x8_relaxed_dot_i8x16_i7x16(i8x16_splat(value), u8x16_splat(byte));
            let right = 2 * i16::from(value) * i16::from(byte);
            i16x8_extract_lane::<5>(sums) == right
        })
    })
}

/// As [`plain::q8`](crate::product::plain::q8).
/// Right where [`probe`] says so.
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As [`plain::q4`](crate::product::plain::q4), right on every machine.
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations. One takes all rows of the tile at once, to read the weights in
/// one go; more take as many rows of the tile, and of activations, as leaves eight sums:
/// more do not stay in registers.
#[inline]
fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    assert!(FOUR_BITS || inputs.halves.len() >= 2 * N * inputs.blocks * BLOCK_COLUMNS);
    // SAFETY: the lengths were checked for N rows, and a tile has the vectors 0 to 3.
    unsafe {
        if N == 1 {
            part::<FOUR_BITS, 4, N>(0, 0, tile, inputs, outputs);
        } else if FOUR_BITS {
            for vector in [0, 2] {
                tokens::<FOUR_BITS, 2, 4, N>(vector, tile, inputs, outputs);
            }
        } else {
            for vector in [0, 2] {
                tokens::<FOUR_BITS, 2, 2, N>(vector, tile, inputs, outputs);
            }
        }
    }
}

/// All N rows of activations, A at a time, for V vectors of rows. The last A may overlap
/// with those before.
///
/// # Safety
/// As of [`part`] for all N rows from 0 on.
#[inline]
unsafe fn tokens<
    const FOUR_BITS: bool,
    const V: usize,
    const A: usize,
    const N: usize,
>(
    first: usize,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    // SAFETY: the caller has checked N rows, and neither 0 + N nor N − A + A exceeds that.
    unsafe {
        if N < A {
            part::<FOUR_BITS, V, N>(first, 0, tile, inputs, outputs);
            return;
        }
        let mut base = 0;
        while base < N {
            part::<FOUR_BITS, V, A>(first, base.min(N - A), tile, inputs, outputs);
            base += A;
        }
    }
}

/// V vectors of rows from the vector `first` on, and N rows of activations from `base` on.
///
/// # Safety
/// The tile and `base` + N rows of activations must have passed [`ActivationRows::check`];
/// with 8 bits, there must be as many rows of halves; and `first` + V must not exceed 4.
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
    let nibbles = opaque(u8x16_splat(15));
    let sixteen = opaque(i16x8_splat(16));
    let mut results = [[f32x4_splat(0.0); V]; N];
    let activations = if FOUR_BITS { inputs.values } else { inputs.halves };
    // Bytes of a block of activations.
    let size = if FOUR_BITS { BLOCK_COLUMNS } else { 2 * BLOCK_COLUMNS };
    for block in 0..inputs.blocks {
        // Two sums for each row, in 16 bits: of the low halves, and of the high ones. With
        // FOUR_BITS, all goes into the first.
        let mut lows = [[i16x8_splat(0); V]; N];
        let mut highs = [[i16x8_splat(0); V]; N];
        // SAFETY: as the caller has checked, the tile has this block: `tile_bytes` bytes of
        // values, of which each vector has 16 in every group, and 16 scales, of which each
        // vector has 4. Each of the N rows has it, too: 32 values or 64 halves, a scale and
        // a sum. Loads need no alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP_BYTES / LANES);
            let activations = activations.as_ptr().add(block * size);
            let activations: [_; N] = std::array::from_fn(|token| {
                activations.add((base + token) * inputs.blocks * size)
            });
            for group in 0..groups {
                let w: [_; V] = std::array::from_fn(|vector| {
                    let w =
                        weights.add(group * GROUP_BYTES + vector * GROUP_BYTES / LANES);
                    v128_load(w.cast())
                });
                for (token, values) in activations.iter().enumerate() {
                    let values = values.add(4 * group);
                    let a = v128_load32_splat(values.cast());
                    let b = v128_load32_splat(values.add(size / 2).cast());
                    for (vector, w) in w.into_iter().enumerate() {
                        let low = &mut lows[token][vector];
                        if FOUR_BITS {
                            *low = add(a, v128_and(w, nibbles), *low);
                            let w = v128_and(u16x8_shr(w, 4), nibbles);
                            *low = add(b, w, *low);
                        } else {
                            let high = &mut highs[token][vector];
                            *low = add(a, w, *low);
                            *high = add(b, w, *high);
                        }
                    }
                }
            }
            for vector in 0..V {
                let row = block * TILE_ROWS + (first + vector) * LANES;
                let scales = scales(tile.scales.as_ptr().add(row));
                let scales = f32x4_mul(scales, f32x4_splat(REBIAS));
                for token in 0..N {
                    let at = (base + token) * inputs.blocks + block;
                    let mut dot = i32x4_extadd_pairwise_i16x8(lows[token][vector]);
                    if !FOUR_BITS {
                        let high = i32x4_dot_i16x8(highs[token][vector], sixteen);
                        dot = i32x4_add(dot, high);
                    }
                    let sum = v128_load32_splat(inputs.sums.as_ptr().add(at).cast());
                    let offset = i32x4_shl(sum, format.offset().ilog2());
                    let dot = f32x4_convert_i32x4(i32x4_sub(dot, offset));
                    let scale = v128_load32_splat(inputs.scales.as_ptr().add(at).cast());
                    let result = &mut results[token][vector];
                    *result = f32x4_relaxed_madd(dot, f32x4_mul(scales, scale), *result);
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

/// Adds eight sums of two products each.
#[inline]
fn add(activations: v128, weights: v128, sums: v128) -> v128 {
    i16x8_add(sums, i16x8_relaxed_dot_i8x16_i7x16(activations, weights))
}

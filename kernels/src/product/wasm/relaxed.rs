//! Relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add_s` adds four products of bytes to each
//! of four sums. Where a byte of the second operand exceeds seven bits, the result is up
//! to the machine, but always the same there. A probe tells how to take it: x86 with VNNI
//! takes it as unsigned, ARM as signed; others are better off with [`pairs`](super::pairs).

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::vectors::{LANES, REBIAS, groups, scales};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};
use crate::product::tile_product::{Outputs, by_count};

/// How this machine's dot instruction takes the bytes of its second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondOperand {
    /// From 0 to 255.
    Unsigned,
    /// From −128 to 127.
    Signed,
    /// From 0 to 127; of others, the result is not known.
    SevenBits,
}

impl SecondOperand {
    /// Finds out by products of all bytes with the largest activations.
    pub(crate) fn probe() -> SecondOperand {
        let as_it_is = |expected: fn(u8) -> i32| {
            (0..=u8::MAX).all(|byte| {
                [-127, -1, 127].into_iter().all(|value| {
                    // Not known to the compiler, so that it is the machine that answers.
                    let (byte, value) = std::hint::black_box((byte, value));
                    let (a, b) = (i8x16_splat(value), u8x16_splat(byte));
                    let sums = i32x4_relaxed_dot_i8x16_i7x16_add(a, b, i32x4_splat(1));
                    let right = 1 + 4 * i32::from(value) * expected(byte);
                    i32x4_extract_lane::<2>(sums) == right
                })
            })
        };
        if as_it_is(i32::from) {
            SecondOperand::Unsigned
        } else if as_it_is(|byte| i32::from(byte as i8)) {
            SecondOperand::Signed
        } else {
            SecondOperand::SevenBits
        }
    }
}

/// The ways of the kernels: how weights become the second operand.
const UNSIGNED: u8 = 0;
const SIGNED: u8 = 1;
const FOUR_BITS: u8 = 2;

/// As [`plain::q8`](crate::product::plain::q8).
/// Right where the probe says [`SecondOperand::Unsigned`].
pub(crate) fn q8_unsigned(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    by_count!(rows::<UNSIGNED>, tile, inputs, outputs)
}

/// As [`plain::q8`](crate::product::plain::q8).
/// Right where the probe says [`SecondOperand::Signed`].
pub(crate) fn q8_signed(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    by_count!(rows::<SIGNED>, tile, inputs, outputs)
}

/// As [`plain::q4`](crate::product::plain::q4), right on every machine.
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<FOUR_BITS>, tile, inputs, outputs)
}

/// N rows of activations. WAY is one of the constants above. Up to three take all rows of the
/// tile at once, to read the weights in one go; more go by fours, which may overlap, with eight rows of the tile:
/// more sums than these do not stay in sixteen registers.
#[inline]
fn rows<const WAY: u8, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if WAY == FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    // SAFETY: the lengths were checked for N rows, which all that follows stay within, and a
    // tile has the vectors 0 to 3.
    unsafe {
        if N <= 3 {
            part::<WAY, 4, N>(0, 0, tile, inputs, outputs);
            return;
        }
        for vector in [0, 2] {
            part::<WAY, 2, 4>(vector, 0, tile, inputs, outputs);
            if N > 4 {
                part::<WAY, 2, 4>(vector, N - 4, tile, inputs, outputs);
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
unsafe fn part<const WAY: u8, const V: usize, const N: usize>(
    first: usize,
    base: usize,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if WAY == FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    let groups = groups::<N>(format);
    let nibbles = u8x16_splat(15);
    let mut results = [[f32x4_splat(0.0); V]; N];
    for block in 0..inputs.blocks {
        // What the offset of the stored values adds is taken away first.
        let mut dots = [[i32x4_splat(0); V]; N];
        if WAY != SIGNED {
            for (token, dots) in dots.iter_mut().enumerate() {
                let at = (base + token) * inputs.blocks + block;
                // SAFETY: as the caller has checked, each row has a sum for this block.
                let sum = unsafe { *inputs.sums.get_unchecked(at) };
                *dots = [i32x4_splat(-format.offset() * sum); V];
            }
        }
        // SAFETY: as the caller has checked, the tile has this block: `tile_bytes` bytes of
        // values, of which each vector has 16 in every group, and 16 scales, of which each
        // vector has 4. Each of the N rows has it, too: 32 values, a scale and a sum. Loads
        // need no alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP_BYTES / LANES);
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            for group in 0..groups {
                for (token, dots) in dots.iter_mut().enumerate() {
                    let values = values
                        .add((base + token) * inputs.blocks * BLOCK_COLUMNS + 4 * group);
                    let a = v128_load32_splat(values.cast());
                    for (vector, dot) in dots.iter_mut().enumerate() {
                        let w = weights
                            .add(group * GROUP_BYTES + vector * GROUP_BYTES / LANES);
                        let w = v128_load(w.cast());
                        match WAY {
                            UNSIGNED => *dot = add(a, w, *dot),
                            SIGNED => *dot = add(a, v128_xor(w, u8x16_splat(128)), *dot),
                            _ => {
                                let b = v128_load32_splat(
                                    values.add(BLOCK_COLUMNS / 2).cast(),
                                );
                                *dot = add(a, v128_and(w, nibbles), *dot);
                                *dot = add(b, u8x16_shr(w, 4), *dot);
                            }
                        }
                    }
                }
            }
            for vector in 0..V {
                let row = block * TILE_ROWS + (first + vector) * LANES;
                let scales = scales(tile.scales.as_ptr().add(row));
                for token in 0..N {
                    let at = (base + token) * inputs.blocks + block;
                    let dot = dots[token][vector];
                    let scale = f32x4_splat(*inputs.scales.get_unchecked(at) * REBIAS);
                    let result = &mut results[token][vector];
                    let dot = f32x4_convert_i32x4(dot);
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

#[inline]
fn add(activations: v128, weights: v128, sums: v128) -> v128 {
    i32x4_relaxed_dot_i8x16_i7x16_add(activations, weights, sums)
}

//! Some rows of activations, and values in eight bits, which are read once for all of them.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::aarch64::*;

use super::dots::{Dots, LANES, activations};
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};
use crate::product::by_count::by_count;
use crate::product::part::{Part, of_piece};

/// As [`plain::many`](crate::product::plain::many).
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn many(part: Part<'_>, inputs: ActivationRows<'_>, outputs: &mut [Lanes]) {
    by_count!(rows, part, inputs, outputs)
}

/// N rows of activations. The more there are, the fewer vectors of weights they are multiplied
/// by at once: two sums for each of both, and the results, then stay in 32 registers.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn rows<const HALVES: bool, const MINIMA: bool, const N: usize>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    part.check(inputs, N);
    assert!(part.bits == ValueBits::Eight && outputs.len() >= N);
    // SAFETY: the lengths were checked for N rows, and a tile has the vectors 0 to 3.
    unsafe {
        match N {
            1 | 2 => vectors::<HALVES, MINIMA, 4, N>(0, part, inputs, outputs),
            3 | 4 => {
                vectors::<HALVES, MINIMA, 2, N>(0, part, inputs, outputs);
                vectors::<HALVES, MINIMA, 2, N>(2, part, inputs, outputs);
            }
            _ => {
                for first in 0..4 {
                    vectors::<HALVES, MINIMA, 1, N>(first, part, inputs, outputs);
                }
            }
        }
    }
}

/// V vectors of rows from the vector `first` on.
///
/// # Safety
/// The part must have passed [`Part::check`] for N rows of activations and have eight bits,
/// there must be N outputs, and `first` + V must not exceed 4.
#[target_feature(enable = "neon,dotprod")]
#[inline]
unsafe fn vectors<
    const HALVES: bool,
    const MINIMA: bool,
    const V: usize,
    const N: usize,
>(
    first: usize,
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    let pieces = if HALVES { 2 } else { 1 };
    let halves = 2 / pieces;
    // What is left of a byte after its offset, modulo 256, is its value as a signed byte.
    let offset = vdupq_n_u8(part.offset as u8);
    let mut results: [[_; V]; N] = std::array::from_fn(|token| {
        // SAFETY: an output is four times four numbers, and loads need no alignment.
        std::array::from_fn(|vector| unsafe {
            vld1q_f32(outputs[token].as_ptr().add((first + vector) * LANES))
        })
    });
    for index in 0..part.blocks {
        let block = part.first + index;
        for piece in 0..pieces {
            let mut dots = [[Dots::new(0); V]; N];
            // SAFETY: as the caller has checked, the part has this block: 512 bytes of values
            // in eight groups, of which each vector has 16 bytes, and scales and minima of
            // four times four numbers for each of its pieces. Each of the N rows of
            // activations has it, too: two times 32 bytes, a scale, two sums and two totals.
            // Loads need no alignment.
            unsafe {
                let weights = part.values.as_ptr().add(index * 8 * GROUP_BYTES);
                let weights = weights.add(first * GROUP_BYTES / LANES);
                let planes = inputs.planes.as_ptr().add(block * 2 * BLOCK_COLUMNS);
                for half in piece * halves..(piece + 1) * halves {
                    for vector in 0..V {
                        let at = 4 * half * GROUP_BYTES + vector * GROUP_BYTES / LANES;
                        let w = [0, 1, 2, 3].map(|group| {
                            let w = vld1q_u8(weights.add(at + group * GROUP_BYTES));
                            // With minima there is no offset.
                            let w = if MINIMA { w } else { vsubq_u8(w, offset) };
                            vreinterpretq_s8_u8(w)
                        });
                        for (token, dots) in dots.iter_mut().enumerate() {
                            let row = token * inputs.blocks * 2 * BLOCK_COLUMNS;
                            dots[vector].add_four(w, activations(planes.add(row), half));
                        }
                    }
                }
                let at = index * pieces + piece;
                for vector in 0..V {
                    let numbers = |all: &[Lanes]| {
                        let numbers = all.as_ptr().add(at).cast::<f32>();
                        vld1q_f32(numbers.add((first + vector) * LANES))
                    };
                    let scales = numbers(part.scales);
                    for (token, (results, dots)) in
                        results.iter_mut().zip(&dots).enumerate()
                    {
                        let at_block = token * inputs.blocks + block;
                        let result = &mut results[vector];
                        let scale = *inputs.scales.get_unchecked(at_block);
                        let scale = vmulq_n_f32(scales, scale);
                        *result = vfmaq_f32(*result, dots[vector].together(), scale);
                        if MINIMA {
                            let total =
                                of_piece::<HALVES, _>(inputs.totals, at_block, piece);
                            *result = vfmaq_n_f32(*result, numbers(part.minima), total);
                        }
                    }
                }
            }
        }
    }
    for (output, results) in outputs.iter_mut().zip(results) {
        for (vector, result) in results.into_iter().enumerate() {
            let output = &mut output[(first + vector) * LANES..][..LANES];
            // SAFETY: the slice has four numbers, and the store needs no alignment.
            unsafe { vst1q_f32(output.as_mut_ptr(), result) };
        }
    }
}

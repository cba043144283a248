//! A single row of activations, and values as they are stored: each vector of them becomes
//! signed bytes in registers.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::aarch64::*;

use super::dots::{Dots, LANES, VECTORS, activations};
use super::stored::Stored;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, ValueBits};
use crate::product::by_count::by_bits;
use crate::product::part::{Part, of_piece};

/// As [`plain::one`](crate::product::plain::one).
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    by_bits!(row, part, inputs, output)
}

/// BITS is the width of a value, or 0 for entries of a codebook.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn row<const BITS: u8, const HALVES: bool, const MINIMA: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    part.check(inputs, 1);
    let pieces = if HALVES { 2 } else { 1 };
    let halves = 2 / pieces;
    let stored = Stored::<BITS>::new(part.offset, part.codebook);
    // SAFETY: an output is four times four numbers, and loads need no alignment.
    let mut results: [_; VECTORS] = std::array::from_fn(|vector| unsafe {
        vld1q_f32(output.as_ptr().add(vector * LANES))
    });
    for index in 0..part.blocks {
        let block = part.first + index;
        // SAFETY: the lengths were checked: the part has this block, its values in groups of
        // 64 bytes, of which each vector has 16, and scales and minima of four times four
        // numbers for each of its pieces. The row of activations has it, too: two times 32
        // bytes, a scale, two sums and two totals. Loads need no alignment.
        unsafe {
            let values = part.values.as_ptr().add(index * part.bits.tile_bytes());
            let planes = inputs.planes.as_ptr().add(block * 2 * BLOCK_COLUMNS);
            let a = [activations(planes, 0), activations(planes, 1)];
            let scale_of_block = *inputs.scales.get_unchecked(block);
            for (vector, result) in results.iter_mut().enumerate() {
                let w = stored.load(values.add(vector * 16));
                for piece in 0..pieces {
                    // With minima there is no offset.
                    let correction = match MINIMA || Stored::<BITS>::HAS_SIGNS {
                        true => 0,
                        false => {
                            let sum = of_piece::<HALVES, _>(inputs.sums, block, piece);
                            -part.offset * sum
                        }
                    };
                    let mut dots = Dots::new(correction);
                    for half in piece * halves..(piece + 1) * halves {
                        dots.add_four(w[half], a[half]);
                    }
                    let at = index * pieces + piece;
                    let numbers = |all: &[Lanes]| {
                        let numbers = all.as_ptr().add(at).cast::<f32>();
                        vld1q_f32(numbers.add(vector * LANES))
                    };
                    let scale = vmulq_n_f32(numbers(part.scales), scale_of_block);
                    *result = vfmaq_f32(*result, dots.together(), scale);
                    if MINIMA {
                        let total = of_piece::<HALVES, _>(inputs.totals, block, piece);
                        *result = vfmaq_n_f32(*result, numbers(part.minima), total);
                    }
                }
            }
        }
    }
    for (output, result) in output.as_chunks_mut::<LANES>().0.iter_mut().zip(results) {
        // SAFETY: there are four numbers, and the store needs no alignment.
        unsafe { vst1q_f32(output.as_mut_ptr(), result) };
    }
}

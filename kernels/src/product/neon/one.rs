//! A single row of activations, and values as they are stored: each vector of them becomes
//! signed bytes in registers.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::aarch64::*;

use super::super::part::{Part, of_piece};
use super::dots::{Dots, LANES, VECTORS, activations};
use super::stored;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, ValueBits};

/// As [`plain::one`](super::super::plain::one).
#[target_feature(enable = "neon,dotprod")]
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    /// Calls [`blocks`] for a width: whether halves have their own scales, whether there are
    /// minima, and what loads the values.
    macro_rules! blocks {
        ($halves:literal, $minima:literal, $load:ident) => {
            blocks::<$halves, $minima>(
                // SAFETY: `blocks` gives what the function asks for.
                |values| unsafe { stored::$load(values) },
                part.offset,
                part,
                inputs,
                output,
            )
        };
    }
    match (part.bits, part.by_halves, !part.minima.is_empty()) {
        (ValueBits::Two, true, true) => blocks!(true, true, two_bits),
        (ValueBits::Three, true, false) => blocks!(true, false, three_bits),
        (ValueBits::Four, false, false) => blocks!(false, false, four_bits),
        (ValueBits::Four, false, true) => blocks!(false, true, four_bits),
        (ValueBits::Five, false, false) => blocks!(false, false, five_bits),
        (ValueBits::Five, false, true) => blocks!(false, true, five_bits),
        (ValueBits::Six, true, false) => blocks!(true, false, six_bits),
        (ValueBits::Eight, false, false) => {
            let offset = vdupq_n_u8(part.offset as u8);
            // SAFETY: `blocks` gives what the function asks for.
            let load = |values| unsafe { stored::eight_bits(values, offset) };
            blocks::<false, false>(load, 0, part, inputs, output);
        }
        (ValueBits::Code, false, false) => {
            // SAFETY: a codebook is sixteen bytes, and the load needs no alignment.
            let entries = unsafe { vld1q_s8(part.codebook.as_ptr()) };
            // SAFETY: `blocks` gives what the function asks for.
            let load = |values| unsafe { stored::codes(values, entries) };
            blocks::<false, false>(load, 0, part, inputs, output);
        }
        (bits, halves, minima) => {
            unreachable!("no format has {bits:?} bits, halves {halves}, minima {minima}")
        }
    }
}

/// Adds what the part's blocks come to. `load` gets the address of the first of a vector's
/// bytes in a block, and gives what it has for the groups of columns of each half, lessened by
/// all of the offset but `offset`.
#[target_feature(enable = "neon,dotprod")]
#[inline]
fn blocks<const HALVES: bool, const MINIMA: bool>(
    load: impl Fn(*const u8) -> [[int8x16_t; 4]; 2],
    offset: i32,
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    part.check(inputs, 1);
    let pieces = if HALVES { 2 } else { 1 };
    let halves = 2 / pieces;
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
                let w = load(values.add(vector * 16));
                for piece in 0..pieces {
                    // With minima there is no offset.
                    let correction = match MINIMA {
                        true => 0,
                        false => {
                            -offset * of_piece::<HALVES, _>(inputs.sums, block, piece)
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

//! The kernel of a single row of activations, with values as they are stored.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::{v128, v128_load};
use std::hint::black_box;

use super::form::{BLOCK_BYTES, Form};
use super::results::{LANES, Results};
use super::stored::{self, CODE, EIGHT};
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{GROUP_BYTES, TILE_ROWS, ValueBits};
use crate::product::by_count::by_bits;
use crate::product::part::Part;

/// Vectors of a tile's rows. All are taken at once, to read the weights in one go.
const VECTORS: usize = TILE_ROWS / LANES;

/// As [`plain::one`](crate::product::plain::one).
#[inline(always)]
pub(super) fn one<F: Form>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    by_bits!(blocks::<F>, part, inputs, output)
}

/// All blocks of a part. BITS, HALVES and MINIMA say what it is.
#[inline(always)]
fn blocks<F: Form, const BITS: u8, const HALVES: bool, const MINIMA: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    part.check(inputs, 1);
    let size = part.bits.tile_bytes();
    assert!(size == stored::groups(BITS) * GROUP_BYTES && part.by_halves == HALVES);
    assert!(part.minima.is_empty() != MINIMA);
    // The form has its own offset in values of eight bits.
    let eight = BITS == EIGHT || BITS == CODE;
    let offset = if eight { part.offset - F::OFFSET } else { part.offset };
    let entries = stored::entries(part.entries(), F::OFFSET);
    let outputs = std::slice::from_mut(output);
    // SAFETY: the lengths were checked: the part has these blocks, of `size` bytes, of which
    // each vector has sixteen in every group; and the activations have them, too. An output is
    // four vectors.
    unsafe {
        let activations = F::activations(inputs);
        let mut results = Results::<VECTORS, 1>::load(outputs, 0);
        for index in 0..part.blocks {
            // Not known to the compiler, so that all loads are from these pointers on, with
            // offsets that are part of the instructions.
            let block = Block {
                weights: black_box(part.values.as_ptr().add(index * size)),
                activations: black_box(
                    activations.add((part.first + index) * BLOCK_BYTES),
                ),
                entries,
            };
            let mut piece = |piece: usize, dots| {
                let at = (index, piece);
                results.add::<F, HALVES, MINIMA>([dots], part, inputs, offset, 0, at);
            };
            piece(0, block.dots::<F, BITS, HALVES>(0));
            // As in `Block::dots`.
            if HALVES && black_box(true) {
                piece(1, block.dots::<F, BITS, HALVES>(1));
            }
        }
        results.store(outputs);
    }
}

/// A block of a tile and of activations.
#[derive(Clone, Copy)]
struct Block {
    weights: *const u8,
    activations: *const u8,
    /// Of the codebook.
    entries: v128,
}

impl Block {
    /// The sums of a block, or of one half of it. Steps are written out, so that shifts are
    /// constant. For all that the compiler knows, each may be the last one: so it does not take
    /// sum after sum, with far more values than there are registers. A loop takes as many
    /// instructions more as it takes shifts that are not constant.
    ///
    /// # Safety
    /// Weights and activations must have the block, and BITS and HALVES must say what it is.
    #[inline(always)]
    unsafe fn dots<F: Form, const BITS: u8, const HALVES: bool>(
        self,
        piece: usize,
    ) -> [v128; VECTORS] {
        let mut sums = [F::zero(); VECTORS];
        // SAFETY: these are all groups of the piece.
        unsafe {
            self.step::<F, BITS>(groups::<BITS, HALVES>(piece, 0), &mut sums);
            let steps = black_box(4);
            if steps > 1 {
                self.step::<F, BITS>(groups::<BITS, HALVES>(piece, 1), &mut sums);
                if !HALVES && steps > 2 {
                    self.step::<F, BITS>(groups::<BITS, HALVES>(piece, 2), &mut sums);
                    if steps > 3 {
                        self.step::<F, BITS>(groups::<BITS, HALVES>(piece, 3), &mut sums);
                    }
                }
            }
        }
        sums.map(F::sum)
    }

    /// Adds the products of two groups.
    ///
    /// # Safety
    /// Weights and activations must have the block, and BITS must say what it is.
    #[inline(always)]
    unsafe fn step<F: Form, const BITS: u8>(
        self,
        groups: [usize; 2],
        sums: &mut [F::Sums; VECTORS],
    ) {
        // SAFETY: a block has the groups from 0 to 7, and each vector has sixteen bytes in all
        // groups that are stored.
        unsafe {
            let weights = self.weights;
            let a = F::load_activations(self.activations, groups);
            for (vector, sums) in sums.iter_mut().enumerate() {
                let weights = weights.add(vector * 4 * LANES);
                let w = groups.map(|k| match BITS {
                    EIGHT => {
                        F::eight_bits(v128_load(weights.add(k * GROUP_BYTES).cast()))
                    }
                    _ => F::weights(stored::load::<BITS>(weights, k, self.entries)),
                });
                F::add(sums, w, a);
            }
        }
    }
}

/// The two groups that go together: where bytes have values of two groups, these are they.
#[inline(always)]
fn groups<const BITS: u8, const HALVES: bool>(piece: usize, step: usize) -> [usize; 2] {
    if HALVES || BITS == EIGHT {
        let first = 4 * piece + 2 * step;
        [first, first + 1]
    } else {
        [step, step + 4]
    }
}

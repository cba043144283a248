//! The kernel of several rows of activations, with values in eight bits.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::v128_load;

use super::form::{BLOCK_BYTES, Form};
use super::results::{LANES, Results};
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, TILE_ROWS, ValueBits};
use crate::product::part::Part;

/// As [`plain::many`](crate::product::plain::many). V vectors of rows are taken at a time, and
/// M rows of activations, at most four: more sums than eight do not stay in registers.
#[inline(always)]
pub(super) fn many<F: Form, const V: usize, const M: usize>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    let count = inputs.count();
    part.check(inputs, count);
    assert!(part.bits == ValueBits::Eight && outputs.len() >= count);
    // SAFETY: the lengths were checked for all rows, and these are the kind of the part.
    unsafe {
        match (part.by_halves, !part.minima.is_empty()) {
            (false, false) => all::<F, V, M, false, false>(part, inputs, outputs),
            (false, true) => all::<F, V, M, false, true>(part, inputs, outputs),
            (true, false) => all::<F, V, M, true, false>(part, inputs, outputs),
            (true, true) => all::<F, V, M, true, true>(part, inputs, outputs),
        }
    }
}

/// All rows of activations and of the tile.
///
/// # Safety
/// The part must have eight bits and have passed [`Part::check`] for all rows of activations;
/// HALVES and MINIMA must say what it is; and there must be as many outputs.
unsafe fn all<
    F: Form,
    const V: usize,
    const M: usize,
    const HALVES: bool,
    const MINIMA: bool,
>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    let mut base = 0;
    while base < inputs.count() {
        let outputs = &mut outputs[base..];
        let count = M.min(inputs.count() - base);
        for first in (0..TILE_ROWS / LANES).step_by(V) {
            // SAFETY: neither the vectors nor the rows of activations exceed what there is.
            unsafe {
                match count {
                    1 => some::<F, V, 1, HALVES, MINIMA>(
                        first, base, part, inputs, outputs,
                    ),
                    2 => some::<F, V, 2, HALVES, MINIMA>(
                        first, base, part, inputs, outputs,
                    ),
                    3 if M > 2 => {
                        some::<F, V, 3, HALVES, MINIMA>(
                            first, base, part, inputs, outputs,
                        );
                    }
                    4 if M > 2 => {
                        some::<F, V, 4, HALVES, MINIMA>(
                            first, base, part, inputs, outputs,
                        );
                    }
                    _ => unreachable!("up to {M} rows at once"),
                }
            }
        }
        base += count;
    }
}

/// V vectors of rows from the vector `first` on, and N rows of activations from `base` on, the
/// first of which has the first output.
///
/// # Safety
/// As for [`all`]; and neither `first` + V may exceed 4, nor `base` + N the rows of activations.
#[inline]
unsafe fn some<
    F: Form,
    const V: usize,
    const N: usize,
    const HALVES: bool,
    const MINIMA: bool,
>(
    first: usize,
    base: usize,
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    let pieces = if HALVES { 2 } else { 1 };
    let groups = BLOCK_COLUMNS / 4 / pieces;
    // SAFETY: as the caller has checked, the part has these blocks, 512 bytes of values, of
    // which each vector has 16 in every group; and each of the rows of activations has them,
    // too. All that is said of a block below is right.
    unsafe {
        let activations = F::activations(inputs);
        let mut results = Results::<V, N>::load(outputs, first);
        for index in 0..part.blocks {
            let weights =
                part.values.as_ptr().add(index * 8 * GROUP_BYTES + first * 4 * LANES);
            for piece in 0..pieces {
                let mut sums = [[F::zero(); V]; N];
                for group in (piece * groups..(piece + 1) * groups).step_by(2) {
                    let w: [[_; 2]; V] = std::array::from_fn(|vector| {
                        let weights =
                            weights.add(group * GROUP_BYTES + vector * 4 * LANES);
                        [weights, weights.add(GROUP_BYTES)].map(|weights| {
                            let bytes = v128_load(weights.cast());
                            // Where there are minima, values have up to five bits.
                            if MINIMA { F::weights(bytes) } else { F::eight_bits(bytes) }
                        })
                    });
                    for (token, sums) in sums.iter_mut().enumerate() {
                        let block = (base + token) * inputs.blocks + part.first + index;
                        let block = activations.add(block * BLOCK_BYTES);
                        let a = F::load_activations(block, [group, group + 1]);
                        for (sums, w) in sums.iter_mut().zip(w) {
                            F::add(sums, w, a);
                        }
                    }
                }
                let dots = sums.map(|sums| sums.map(F::sum));
                let (offset, at) = (part.offset - F::OFFSET, (index, piece));
                results.add::<F, HALVES, MINIMA>(dots, part, inputs, offset, base, at);
            }
        }
        results.store(outputs);
    }
}

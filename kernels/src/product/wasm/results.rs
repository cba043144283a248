//! What all kernels do with the sums of a block.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::form::Form;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::product::part::{Part, of_piece};

/// Rows of a tile in a vector.
pub(super) const LANES: usize = 4;

/// Results of N rows of activations, and V vectors of rows from the vector `first` on.
pub(super) struct Results<const V: usize, const N: usize> {
    results: [[v128; V]; N],
    first: usize,
}

impl<const V: usize, const N: usize> Results<V, N> {
    /// Those so far.
    ///
    /// # Safety
    /// There must be N outputs, and `first` + V must not exceed 4.
    #[inline(always)]
    pub(super) unsafe fn load(outputs: &[Lanes], first: usize) -> Results<V, N> {
        let results = std::array::from_fn(|token| {
            std::array::from_fn(|vector| {
                // SAFETY: the caller says that these four numbers are there; loads need no
                // alignment.
                unsafe { v128_load(numbers(outputs, token, first + vector)) }
            })
        });
        Results { results, first }
    }

    /// Adds the sums of a block, or of the half `piece` of it: scaled, and with the minimum.
    /// `index` is the block's number in the part, and `base` the row of activations that is
    /// the first of N.
    ///
    /// # Safety
    /// The part must have passed [`Part::check`] for `base` + N rows of activations, and have
    /// this block, and HALVES and MINIMA must say what it is.
    #[inline(always)]
    pub(super) unsafe fn add<F: Form, const HALVES: bool, const MINIMA: bool>(
        &mut self,
        dots: [[v128; V]; N],
        part: Part<'_>,
        inputs: ActivationRows<'_>,
        offset: i32,
        base: usize,
        (index, piece): (usize, usize),
    ) {
        let at = if HALVES { 2 * index + piece } else { index };
        for (token, (results, dots)) in self.results.iter_mut().zip(dots).enumerate() {
            let at_block = (base + token) * inputs.blocks + part.first + index;
            // SAFETY: as the caller has checked, the part has scales, and minima where they
            // are, of sixteen numbers for the piece; and each row of activations has a scale,
            // two sums and two totals for the block. Loads need no alignment.
            unsafe {
                let sum = of_piece::<HALVES, _>(inputs.sums, at_block, piece);
                let correction = i32x4_splat(offset * sum);
                let scale =
                    v128_load32_splat(inputs.scales.as_ptr().add(at_block).cast());
                for (vector, (result, mut dot)) in
                    results.iter_mut().zip(dots).enumerate()
                {
                    let vector = self.first + vector;
                    if !MINIMA {
                        dot = i32x4_sub(dot, correction);
                    }
                    let scales = v128_load(numbers(part.scales, at, vector));
                    let scales = f32x4_mul(scales, scale);
                    *result = F::multiply_add(f32x4_convert_i32x4(dot), scales, *result);
                    if MINIMA {
                        let total = of_piece::<HALVES, _>(inputs.totals, at_block, piece);
                        let minima = v128_load(numbers(part.minima, at, vector));
                        *result = F::multiply_add(minima, f32x4_splat(total), *result);
                    }
                }
            }
        }
    }

    /// Writes them.
    ///
    /// # Safety
    /// As for [`load`](Self::load).
    #[inline(always)]
    pub(super) unsafe fn store(self, outputs: &mut [Lanes]) {
        for (token, results) in self.results.into_iter().enumerate() {
            for (vector, result) in results.into_iter().enumerate() {
                let to = outputs.as_mut_ptr().wrapping_add(token).cast::<f32>();
                // SAFETY: the caller says that these four numbers are there; stores need no
                // alignment.
                unsafe {
                    v128_store(to.add((self.first + vector) * LANES).cast(), result)
                };
            }
        }
    }
}

/// Where the four numbers of a vector of rows are.
#[inline(always)]
fn numbers(all: &[Lanes], at: usize, vector: usize) -> *const v128 {
    let numbers = all.as_ptr().wrapping_add(at).cast::<f32>();
    numbers.wrapping_add(vector * LANES).cast()
}

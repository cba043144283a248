//! WebAssembly: in vectors of four, which the compiler does not make of the plain form.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::scale::inverse_scale;
use crate::numeric::ROUNDING_ADDEND;
use crate::packed::BLOCK_COLUMNS;

/// As `plain::block`.
#[inline]
pub(crate) fn block(
    numbers: &[f32; BLOCK_COLUMNS],
    values: &mut [i16; BLOCK_COLUMNS],
) -> (f32, [i32; 2]) {
    // SAFETY: there are 32 numbers, which are eight times four, and loads need no alignment.
    let vectors: [v128; 8] = std::array::from_fn(|at| unsafe {
        v128_load(numbers.as_ptr().add(4 * at).cast())
    });
    // Takes the first where the second is NaN.
    let larger = |a, b| f32x4_pmax(a, f32x4_abs(b));
    let all = vectors.into_iter().fold(f32x4_splat(0.0), larger);
    let all = larger(all, i32x4_shuffle::<2, 3, 0, 1>(all, all));
    let all = larger(all, i32x4_shuffle::<1, 0, 3, 2>(all, all));
    let largest = f32x4_extract_lane::<0>(all);

    let factor = f32x4_splat(inverse_scale(largest));
    let integers = vectors.map(|vector| {
        let sum = f32x4_add(f32x4_mul(vector, factor), f32x4_splat(ROUNDING_ADDEND));
        i32x4_sub(sum, u32x4_splat(ROUNDING_ADDEND.to_bits()))
    });
    let mut sums = [0; 2];
    let halves = integers.as_chunks::<4>().0.iter().zip(values.as_chunks_mut::<16>().0);
    for ((half, to), sum) in halves.zip(&mut sums) {
        let mut total = i32x4_splat(0);
        for (pair, to) in half.as_chunks::<2>().0.iter().zip(to.as_chunks_mut::<8>().0) {
            let eight = i16x8_narrow_i32x4(pair[0], pair[1]);
            // SAFETY: `to` has eight values of two bytes, and stores need no alignment.
            unsafe { v128_store(to.as_mut_ptr().cast(), eight) };
            total = i32x4_add(total, i32x4_extadd_pairwise_i16x8(eight));
        }
        let total = i32x4_add(total, i32x4_shuffle::<2, 3, 0, 1>(total, total));
        let total = i32x4_add(total, i32x4_shuffle::<1, 0, 3, 2>(total, total));
        *sum = i32x4_extract_lane::<0>(total);
    }
    (largest, sums)
}

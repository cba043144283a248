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
    values: &mut [i8; BLOCK_COLUMNS],
) -> (f32, i32) {
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
    let mut total = i32x4_splat(0);
    for (part, to) in
        integers.as_chunks::<4>().0.iter().zip(values.as_chunks_mut::<16>().0)
    {
        let low = i16x8_narrow_i32x4(part[0], part[1]);
        let bytes = i8x16_narrow_i16x8(low, i16x8_narrow_i32x4(part[2], part[3]));
        // SAFETY: `to` has sixteen bytes, and stores need no alignment.
        unsafe { v128_store(to.as_mut_ptr().cast(), bytes) };
        let pairs = i16x8_extadd_pairwise_i8x16(bytes);
        total = i32x4_add(total, i32x4_extadd_pairwise_i16x8(pairs));
    }
    let total = i32x4_add(total, i32x4_shuffle::<2, 3, 0, 1>(total, total));
    let total = i32x4_add(total, i32x4_shuffle::<1, 0, 3, 2>(total, total));
    (largest, i32x4_extract_lane::<0>(total))
}

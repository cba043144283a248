//! SIMD of WebAssembly: four vectors of sums for each head. Sixteen registers are all that an
//! engine has on x86.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::by_blocks::by_blocks;
use super::dot_products::DotProducts;
use crate::cache::CACHE_LANES;

/// Pairs in a vector.
const PAIRS_PER_VECTOR: usize = 4;
/// Vectors of a row.
const VECTORS_PER_ROW: usize = CACHE_LANES / PAIRS_PER_VECTOR;

/// As [`plain::sums`](super::plain::sums).
pub(crate) fn sums(terms: DotProducts<'_>, out: &mut [i32]) {
    by_blocks!(sums_of, terms, out);
}

/// The sums of one block for G heads, whose factors begin `strides.0` numbers from each other,
/// and their sums `strides.1`. A is whether to fetch what is ahead: there is no hint for that,
/// but loads that nothing waits for.
///
/// # Safety
/// Each of the heads must have 2 · `pairs` factors, and 16 numbers at `out` that nobody else
/// uses; at `data`, and with A also at `ahead`, there must be 32 · `pairs` numbers.
#[inline(always)]
unsafe fn sums_of<const G: usize, const A: bool>(
    factors: *const i16,
    data: *const i16,
    ahead: *const i16,
    pairs: usize,
    strides: (usize, usize),
    out: *mut i32,
) {
    // A sum that has no register goes through memory in every step, and is waited for.
    if G < 3 {
        // SAFETY: these are all vectors of a row, for which the caller vouches.
        return unsafe {
            sums_of_vectors::<G, VECTORS_PER_ROW, A>(
                factors, data, ahead, pairs, strides, out,
            );
        };
    }
    const HALF: usize = VECTORS_PER_ROW / 2;
    // SAFETY: these are the first half of the vectors of a row, then the second, for which the
    // caller vouches.
    unsafe {
        sums_of_vectors::<G, HALF, A>(factors, data, ahead, pairs, strides, out);
        let (data, out) =
            (data.add(HALF * 2 * PAIRS_PER_VECTOR), out.add(HALF * PAIRS_PER_VECTOR));
        sums_of_vectors::<G, HALF, false>(factors, data, ahead, pairs, strides, out);
    }
}

/// The sums of the first P vectors of every row.
///
/// # Safety
/// Each of the heads must have 2 · `pairs` factors, and 4 · P numbers at `out` that nobody else
/// uses; of the `pairs` rows of 32 numbers at `data`, the first 8 · P must be there, and with A
/// the first of each row at `ahead`.
#[inline(always)]
unsafe fn sums_of_vectors<const G: usize, const P: usize, const A: bool>(
    factors: *const i16,
    data: *const i16,
    ahead: *const i16,
    pairs: usize,
    strides: (usize, usize),
    out: *mut i32,
) {
    let mut sums = [[i32x4_splat(0); P]; G];
    let mut touched = 0;
    // SAFETY: pairs are below `pairs`, heads below G and vectors below P, for which the caller
    // vouches. Loads and stores need no alignment, and `ahead` is aligned as a slice is.
    unsafe {
        for pair in 0..pairs {
            let row = pair * 2 * CACHE_LANES;
            if A {
                touched ^= *ahead.add(row);
            }
            let data: [v128; P] = std::array::from_fn(|vector| {
                v128_load(data.add(row + vector * 2 * PAIRS_PER_VECTOR).cast())
            });
            for (head, sums) in sums.iter_mut().enumerate() {
                let factor = factors.add(head * strides.0 + 2 * pair);
                let factor = v128_load32_splat(factor.cast());
                for (sum, data) in sums.iter_mut().zip(data) {
                    *sum = i32x4_add(*sum, i32x4_dot_i16x8(data, factor));
                }
            }
        }
        for (head, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                v128_store(
                    out.add(head * strides.1 + vector * PAIRS_PER_VECTOR).cast(),
                    *sum,
                );
            }
        }
    }
    std::hint::black_box(touched);
}

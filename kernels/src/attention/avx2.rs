//! AVX2: two vectors of sums for each head.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::by_blocks::by_blocks;
use super::dot_products::DotProducts;
use crate::cache::CACHE_LANES;

/// Pairs in a vector.
const PAIRS_PER_VECTOR: usize = 8;
/// Vectors of a row.
const VECTORS_PER_ROW: usize = CACHE_LANES / PAIRS_PER_VECTOR;

/// As [`plain::sums`](super::plain::sums).
#[target_feature(enable = "avx2,fma")]
pub(crate) fn sums(terms: DotProducts<'_>, out: &mut [i32]) {
    by_blocks!(sums_of, terms, out);
}

/// The sums of one block for G heads, whose factors begin `strides.0` numbers from each other,
/// and their sums `strides.1`. A is whether to ask memory for what is ahead.
///
/// # Safety
/// Each of the heads must have 2 · `pairs` factors, and 16 numbers at `out` that nobody else
/// uses; at `data` there must be 32 · `pairs` numbers.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn sums_of<const G: usize, const A: bool>(
    factors: *const i16,
    data: *const i16,
    ahead: *const i16,
    pairs: usize,
    strides: (usize, usize),
    out: *mut i32,
) {
    let mut sums = [[_mm256_setzero_si256(); VECTORS_PER_ROW]; G];
    // SAFETY: pairs are below `pairs`, and heads below G, for which the caller vouches. Loads
    // and stores need no alignment, and a prefetch takes any address.
    unsafe {
        for pair in 0..pairs {
            let row = pair * 2 * CACHE_LANES;
            if A {
                _mm_prefetch::<_MM_HINT_T0>(ahead.wrapping_add(row).cast());
            }
            let data: [__m256i; VECTORS_PER_ROW] = std::array::from_fn(|vector| {
                _mm256_loadu_si256(data.add(row + vector * 2 * PAIRS_PER_VECTOR).cast())
            });
            for (head, sums) in sums.iter_mut().enumerate() {
                let factor = factors.add(head * strides.0 + 2 * pair).cast::<i32>();
                let factor = _mm256_set1_epi32(factor.read_unaligned());
                for (sum, data) in sums.iter_mut().zip(data) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(data, factor));
                }
            }
        }
        for (head, sums) in sums.iter().enumerate() {
            for (vector, sum) in sums.iter().enumerate() {
                let out = out.add(head * strides.1 + vector * PAIRS_PER_VECTOR);
                _mm256_storeu_si256(out.cast(), *sum);
            }
        }
    }
}

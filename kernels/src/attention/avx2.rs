//! AVX2: two vectors of sums for each head.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::by_blocks;
use super::plain::Terms;
use crate::cache::LANES;

/// Pairs in a vector.
const PAIRS: usize = 8;
/// Vectors of a row.
const PARTS: usize = LANES / PAIRS;

/// [`Sums`](super::plain::Sums).
///
/// # Safety
/// The processor must have AVX2.
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn sums(terms: Terms<'_>, out: &mut [i32]) {
    by_blocks!(sums_of, terms, out);
}

/// The sums of one block. Factors and sums of the heads are `strides` numbers from each
/// other. A is whether to ask memory for what is ahead.
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
    let mut sums = [[_mm256_setzero_si256(); PARTS]; G];
    // SAFETY: as the caller checked.
    unsafe {
        for pair in 0..pairs {
            let row = pair * 2 * LANES;
            if A {
                _mm_prefetch::<_MM_HINT_T0>(ahead.add(row).cast());
            }
            let data: [__m256i; PARTS] = std::array::from_fn(|part| {
                _mm256_loadu_si256(data.add(row + part * 2 * PAIRS).cast())
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
            for (part, sum) in sums.iter().enumerate() {
                let out = out.add(head * strides.1 + part * PAIRS);
                _mm256_storeu_si256(out.cast(), *sum);
            }
        }
    }
}

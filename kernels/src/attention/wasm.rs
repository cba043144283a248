//! SIMD of WebAssembly: four vectors of sums for each head. Sixteen registers are all that an
//! engine has on x86.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::by_blocks;
use super::plain::Terms;
use crate::cache::LANES;

/// Pairs in a vector.
const PAIRS: usize = 4;
/// Vectors of a row.
const PARTS: usize = LANES / PAIRS;

/// [`Sums`](super::plain::Sums).
///
/// # Safety
/// It is safe.
pub(crate) unsafe fn sums(terms: Terms<'_>, out: &mut [i32]) {
    by_blocks!(sums_of, terms, out);
}

/// The sums of one block. Factors and sums of the heads are `strides` numbers from each
/// other. A is whether to have what is ahead brought near: there is no such hint, but loads
/// that nothing waits for.
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
        // SAFETY: as the caller checked.
        return unsafe {
            sums_of_parts::<G, PARTS, A>(factors, data, ahead, pairs, strides, out);
        };
    }
    const HALF: usize = PARTS / 2;
    // SAFETY: as the caller checked.
    unsafe {
        sums_of_parts::<G, HALF, A>(factors, data, ahead, pairs, strides, out);
        let (data, out) = (data.add(HALF * 2 * PAIRS), out.add(HALF * PAIRS));
        sums_of_parts::<G, HALF, false>(factors, data, ahead, pairs, strides, out);
    }
}

/// The sums of the first P vectors of every row.
#[inline(always)]
unsafe fn sums_of_parts<const G: usize, const P: usize, const A: bool>(
    factors: *const i16,
    data: *const i16,
    ahead: *const i16,
    pairs: usize,
    strides: (usize, usize),
    out: *mut i32,
) {
    let mut sums = [[i32x4_splat(0); P]; G];
    let mut touched = 0;
    // SAFETY: as the caller checked.
    unsafe {
        for pair in 0..pairs {
            let row = pair * 2 * LANES;
            if A {
                touched ^= *ahead.add(row);
            }
            let data: [v128; P] = std::array::from_fn(|part| {
                v128_load(data.add(row + part * 2 * PAIRS).cast())
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
            for (part, sum) in sums.iter().enumerate() {
                v128_store(out.add(head * strides.1 + part * PAIRS).cast(), *sum);
            }
        }
    }
    std::hint::black_box(touched);
}

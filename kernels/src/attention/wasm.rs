//! SIMD of WebAssembly: as with AVX2, by vectors of half the size. Sixteen registers
//! are all that an engine has on x86.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::{by_heads, plain};

/// Channels in a vector of keys or values.
const LANES: usize = 8;
/// Keys that are taken at once.
const AT_ONCE: usize = 2;
/// Channels of values that are added up at once.
const CHANNELS: usize = 2 * LANES;

/// As `plain::dots`.
///
/// # Safety
/// It is safe.
pub(crate) unsafe fn dots(queries: &[i16], keys: &[i16], width: usize, out: &mut [i32]) {
    if !width.is_multiple_of(LANES) {
        // SAFETY: it is safe.
        return unsafe { plain::dots(queries, keys, width, out) };
    }
    let (heads, count) = (queries.len() / width, keys.len() / width);
    assert!(out.len() >= heads * count);
    // SAFETY: the length of the output was checked, those of the inputs are multiples of
    // the width, which is one of the vectors' length.
    unsafe { by_heads!(heads, dots_of(queries, keys, width, count, out)) }
}

#[inline(always)]
unsafe fn dots_of<const G: usize>(
    queries: &[i16],
    keys: &[i16],
    width: usize,
    count: usize,
    out: &mut [i32],
) {
    let (queries, keys) = (queries.as_ptr(), keys.as_ptr());
    let out = out.as_mut_ptr();
    let mut place = 0;
    // SAFETY: as the caller checked.
    unsafe {
        while place + AT_ONCE <= count {
            let keys = keys.add(place * width);
            let sums = dots_at_once::<G, AT_ONCE>(queries, keys, width);
            for (head, [a, b]) in sums.into_iter().enumerate() {
                let halves = i32x4_add(
                    i32x4_shuffle::<0, 1, 4, 5>(a, b),
                    i32x4_shuffle::<2, 3, 6, 7>(a, b),
                );
                let sums = i32x4_add(halves, i32x4_shuffle::<1, 0, 3, 2>(halves, halves));
                *out.add(head * count + place) = i32x4_extract_lane::<0>(sums);
                *out.add(head * count + place + 1) = i32x4_extract_lane::<2>(sums);
            }
            place += AT_ONCE;
        }
        if place < count {
            let sums = dots_at_once::<G, 1>(queries, keys.add(place * width), width);
            for (head, [sum]) in sums.into_iter().enumerate() {
                *out.add(head * count + place) = i32x4_extract_lane::<0>(sum)
                    + i32x4_extract_lane::<1>(sum)
                    + i32x4_extract_lane::<2>(sum)
                    + i32x4_extract_lane::<3>(sum);
            }
        }
    }
}

/// Sums, in four parts, of the products of G queries with P keys.
#[inline(always)]
unsafe fn dots_at_once<const G: usize, const P: usize>(
    queries: *const i16,
    keys: *const i16,
    width: usize,
) -> [[v128; P]; G] {
    let mut sums = [[i32x4_splat(0); P]; G];
    let mut channel = 0;
    while channel < width {
        // SAFETY: as the caller checked.
        unsafe {
            let keys: [v128; P] = std::array::from_fn(|place| {
                v128_load(keys.add(place * width + channel).cast())
            });
            for (head, sums) in sums.iter_mut().enumerate() {
                let query = v128_load(queries.add(head * width + channel).cast());
                for (sum, key) in sums.iter_mut().zip(keys) {
                    *sum = i32x4_add(*sum, i32x4_dot_i16x8(query, key));
                }
            }
        }
        channel += LANES;
    }
    sums
}

/// As `plain::mix`.
///
/// # Safety
/// It is safe.
pub(crate) unsafe fn mix(
    weights: &[f32],
    values: &[i16],
    width: usize,
    sums: &mut [f32],
) {
    if !width.is_multiple_of(CHANNELS) {
        // SAFETY: it is safe.
        return unsafe { plain::mix(weights, values, width, sums) };
    }
    let (heads, count) = (sums.len() / width, values.len() / width);
    assert!(weights.len() >= heads * count);
    // SAFETY: the length of the weights was checked, the others are multiples of the
    // width, which is one of the channels that are taken at once.
    unsafe { by_heads!(heads, mix_of(weights, values, width, count, sums)) }
}

#[inline(always)]
unsafe fn mix_of<const G: usize>(
    weights: &[f32],
    values: &[i16],
    width: usize,
    count: usize,
    out: &mut [f32],
) {
    let (weights, values) = (weights.as_ptr(), values.as_ptr());
    let out = out.as_mut_ptr();
    for channel in (0..width).step_by(CHANNELS) {
        let mut sums = [[f32x4_splat(0.0); 4]; G];
        // SAFETY: as the caller checked.
        unsafe {
            for place in 0..count {
                for half in 0..2 {
                    let value = values.add(place * width + channel + half * LANES);
                    let value = v128_load(value.cast());
                    let low = f32x4_convert_i32x4(i32x4_extend_low_i16x8(value));
                    let high = f32x4_convert_i32x4(i32x4_extend_high_i16x8(value));
                    for (head, sums) in sums.iter_mut().enumerate() {
                        let weight = weights.add(head * count + place);
                        let weight = v128_load32_splat(weight.cast());
                        let sums = &mut sums[2 * half..2 * half + 2];
                        sums[0] = multiply_add(weight, low, sums[0]);
                        sums[1] = multiply_add(weight, high, sums[1]);
                    }
                }
            }
            for (head, sums) in sums.iter().enumerate() {
                for (part, sum) in sums.iter().enumerate() {
                    v128_store(out.add(head * width + channel + part * 4).cast(), *sum);
                }
            }
        }
    }
}

#[inline(always)]
fn multiply_add(a: v128, b: v128, sum: v128) -> v128 {
    #[cfg(target_feature = "relaxed-simd")]
    return f32x4_relaxed_madd(a, b, sum);
    #[cfg(not(target_feature = "relaxed-simd"))]
    f32x4_add(f32x4_mul(a, b), sum)
}

//! AVX2: keys and values are read, and values widened, once for all heads that share them.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::{by_heads, plain};

/// Channels in a vector of keys.
const KEYS: usize = 16;
/// Channels in a vector of sums.
const SUMS: usize = 8;
/// Keys that are taken at once: their sums for three heads stay in registers.
const AT_ONCE: usize = 4;

/// As `plain::dots`.
///
/// # Safety
/// The processor must have AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn dots(queries: &[i16], keys: &[i16], width: usize, out: &mut [i32]) {
    if !width.is_multiple_of(KEYS) {
        // SAFETY: it is safe.
        return unsafe { plain::dots(queries, keys, width, out) };
    }
    let (heads, count) = (queries.len() / width, keys.len() / width);
    assert!(out.len() >= heads * count);
    // SAFETY: the length of the output was checked, those of the inputs are multiples of
    // the width, which is one of the vectors' length.
    unsafe { by_heads!(heads, dots_of(queries, keys, width, count, out)) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
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
            let sums =
                dots_at_once::<G, AT_ONCE>(queries, keys.add(place * width), width);
            for (head, [a, b, c, d]) in sums.into_iter().enumerate() {
                // Halves of vectors stay apart in horizontal sums.
                let pairs =
                    _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
                let (low, high) =
                    (_mm256_castsi256_si128(pairs), _mm256_extracti128_si256::<1>(pairs));
                let sums = _mm_add_epi32(low, high);
                _mm_storeu_si128(out.add(head * count + place).cast(), sums);
            }
            place += AT_ONCE;
        }
        while place < count {
            let sums = dots_at_once::<G, 1>(queries, keys.add(place * width), width);
            for (head, [sum]) in sums.into_iter().enumerate() {
                let mut lanes = [0i32; 8];
                _mm256_storeu_si256(lanes.as_mut_ptr().cast(), sum);
                *out.add(head * count + place) = lanes.iter().sum();
            }
            place += 1;
        }
    }
}

/// Sums, in eight parts, of the products of G queries with P keys.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn dots_at_once<const G: usize, const P: usize>(
    queries: *const i16,
    keys: *const i16,
    width: usize,
) -> [[__m256i; P]; G] {
    let mut sums = [[_mm256_setzero_si256(); P]; G];
    let mut channel = 0;
    while channel < width {
        // SAFETY: as the caller checked.
        unsafe {
            let keys: [__m256i; P] = std::array::from_fn(|place| {
                _mm256_loadu_si256(keys.add(place * width + channel).cast())
            });
            for (head, sums) in sums.iter_mut().enumerate() {
                let query = queries.add(head * width + channel);
                let query = _mm256_loadu_si256(query.cast());
                for (sum, key) in sums.iter_mut().zip(keys) {
                    *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(query, key));
                }
            }
        }
        channel += KEYS;
    }
    sums
}

/// As `plain::mix`.
///
/// # Safety
/// The processor must have AVX2 and FMA.
#[target_feature(enable = "avx2,fma")]
pub(crate) unsafe fn mix(
    weights: &[f32],
    values: &[i16],
    width: usize,
    sums: &mut [f32],
) {
    if !width.is_multiple_of(2 * SUMS) {
        // SAFETY: it is safe.
        return unsafe { plain::mix(weights, values, width, sums) };
    }
    let (heads, count) = (sums.len() / width, values.len() / width);
    assert!(weights.len() >= heads * count);
    // SAFETY: the length of the weights was checked, the others are multiples of the
    // width, which is one of the vectors' length.
    unsafe { by_heads!(heads, mix_of(weights, values, width, count, sums)) }
}

#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn mix_of<const G: usize>(
    weights: &[f32],
    values: &[i16],
    width: usize,
    count: usize,
    sums: &mut [f32],
) {
    let (weights, values) = (weights.as_ptr(), values.as_ptr());
    let sums = sums.as_mut_ptr();
    let mut channel = 0;
    // SAFETY: as the caller checked.
    unsafe {
        // Sums, weights and values stay in sixteen registers.
        while G < 3 && channel + 4 * SUMS <= width {
            let (values, sums) = (values.add(channel), sums.add(channel));
            mix_channels::<G, 4>(weights, values, width, count, sums);
            channel += 4 * SUMS;
        }
        while channel < width {
            let (values, sums) = (values.add(channel), sums.add(channel));
            mix_channels::<G, 2>(weights, values, width, count, sums);
            channel += 2 * SUMS;
        }
    }
}

/// The next 8 · C channels of G heads.
#[target_feature(enable = "avx2,fma")]
#[inline]
unsafe fn mix_channels<const G: usize, const C: usize>(
    weights: *const f32,
    values: *const i16,
    width: usize,
    count: usize,
    out: *mut f32,
) {
    let mut sums = [[_mm256_setzero_ps(); C]; G];
    // SAFETY: as the caller checked.
    unsafe {
        for place in 0..count {
            let weights: [__m256; G] = std::array::from_fn(|head| {
                _mm256_set1_ps(*weights.add(head * count + place))
            });
            for part in 0..C {
                let value = values.add(place * width + part * SUMS);
                let value = _mm256_cvtepi16_epi32(_mm_loadu_si128(value.cast()));
                let value = _mm256_cvtepi32_ps(value);
                for (sums, weight) in sums.iter_mut().zip(weights) {
                    sums[part] = _mm256_fmadd_ps(weight, value, sums[part]);
                }
            }
        }
        for (head, sums) in sums.iter().enumerate() {
            for (part, sum) in sums.iter().enumerate() {
                _mm256_storeu_ps(out.add(head * width + part * SUMS), *sum);
            }
        }
    }
}

//! AVX2: eight rows to a vector. The even bytes of weights and the odd ones become 16 bits, as
//! one lane of 32 bits has two of them, and `vpmaddwd` adds their products with two activations
//! to the sum of a row.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};
use crate::product::by_count::by_count;
use crate::product::part::{Part, of_piece};

/// As [`plain::many`](crate::product::plain::many).
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) fn many(part: Part<'_>, inputs: ActivationRows<'_>, outputs: &mut [Lanes]) {
    by_count!(rows, part, inputs, outputs)
}

/// N rows of activations. Up to four take both halves of the tile at once, to read the
/// weights in one go; more take one half after the other: more sums than eight do not
/// stay in sixteen registers.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn rows<const HALVES: bool, const MINIMA: bool, const N: usize>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    part.check(inputs, N);
    assert!(part.bits == ValueBits::Eight && outputs.len() >= N);
    // SAFETY: the lengths were checked for N rows, and a tile has the halves 0 and 1.
    unsafe {
        if N <= 3 {
            half_tiles::<HALVES, MINIMA, 2, N>(0, part, inputs, outputs);
        } else {
            half_tiles::<HALVES, MINIMA, 1, N>(0, part, inputs, outputs);
            half_tiles::<HALVES, MINIMA, 1, N>(1, part, inputs, outputs);
        }
    }
}

/// H halves of the tile's rows from the half `first` on.
///
/// # Safety
/// The part must have passed [`Part::check`] for N rows of activations and have eight bits,
/// there must be N outputs, and `first` + H must not exceed 2.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn half_tiles<
    const HALVES: bool,
    const MINIMA: bool,
    const H: usize,
    const N: usize,
>(
    first: usize,
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    let pieces = if HALVES { 2 } else { 1 };
    let groups = BLOCK_COLUMNS / 4 / pieces;
    let even_bytes = _mm256_set1_epi16(0xFF);
    let mut results: [[_; H]; N] = std::array::from_fn(|token| {
        // SAFETY: an output is two times eight numbers, and loads need no alignment.
        std::array::from_fn(|half| unsafe {
            _mm256_loadu_ps(outputs[token].as_ptr().add((first + half) * 8))
        })
    });
    for index in 0..part.blocks {
        let block = part.first + index;
        for piece in 0..pieces {
            let mut dots = [[_mm256_setzero_si256(); H]; N];
            // SAFETY: as the caller has checked, the part has this block: 512 bytes of values,
            // of which each half of a group has 32, and scales and minima of two times eight
            // numbers for each of its pieces. Each of the N rows of activations has it, too:
            // 32 values, a scale, two sums and two totals. Loads need no alignment.
            unsafe {
                let weights = part.values.as_ptr().add(index * 8 * GROUP_BYTES);
                let weights = weights.add(first * GROUP_BYTES / 2);
                let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
                for group in piece * groups..(piece + 1) * groups {
                    let w: [[_; 2]; H] = std::array::from_fn(|half| {
                        let w = weights.add(group * GROUP_BYTES + half * GROUP_BYTES / 2);
                        let w = _mm256_loadu_si256(w.cast());
                        [_mm256_and_si256(w, even_bytes), _mm256_srli_epi16::<8>(w)]
                    });
                    for (token, dots) in dots.iter_mut().enumerate() {
                        let values =
                            values.add(token * inputs.blocks * BLOCK_COLUMNS + 4 * group);
                        let (even, odd) = (two(values), two(values.add(2)));
                        for (dot, w) in dots.iter_mut().zip(w) {
                            *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(w[0], even));
                            *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(w[1], odd));
                        }
                    }
                }
                let at = index * pieces + piece;
                for half in 0..H {
                    let numbers = |all: &[Lanes]| {
                        let numbers = all.as_ptr().add(at).cast::<f32>();
                        _mm256_loadu_ps(numbers.add((first + half) * 8))
                    };
                    let scales = numbers(part.scales);
                    for (token, (results, dots)) in
                        results.iter_mut().zip(&dots).enumerate()
                    {
                        let at_block = token * inputs.blocks + block;
                        let (mut dot, result) = (dots[half], &mut results[half]);
                        if !MINIMA {
                            let sum = of_piece::<HALVES, _>(inputs.sums, at_block, piece);
                            let correction = _mm256_set1_epi32(part.offset * sum);
                            dot = _mm256_sub_epi32(dot, correction);
                        }
                        let scale =
                            _mm256_set1_ps(*inputs.scales.get_unchecked(at_block));
                        let scale = _mm256_mul_ps(scales, scale);
                        *result =
                            _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, *result);
                        if MINIMA {
                            let total =
                                of_piece::<HALVES, _>(inputs.totals, at_block, piece);
                            let total = _mm256_set1_ps(total);
                            *result =
                                _mm256_fmadd_ps(numbers(part.minima), total, *result);
                        }
                    }
                }
            }
        }
    }
    for (output, results) in outputs.iter_mut().zip(results) {
        for (half, result) in results.into_iter().enumerate() {
            // SAFETY: an output is two times eight numbers, and the half is 0 or 1, as the
            // caller has seen to. Stores need no alignment.
            unsafe {
                _mm256_storeu_ps(output.as_mut_ptr().add((first + half) * 8), result)
            };
        }
    }
}

/// Two activations in every lane of 32 bits.
///
/// # Safety
/// There must be two at `values`.
#[target_feature(enable = "avx2")]
#[inline]
pub(super) unsafe fn two(values: *const i16) -> __m256i {
    // SAFETY: the caller says that there are two; the read needs no alignment.
    _mm256_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

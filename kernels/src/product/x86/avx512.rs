//! AVX-512 with VNNI: a group of four columns of sixteen rows is one vector, and `vpdpbusd`
//! adds its products with four broadcast bytes of activations to sixteen sums: once for the
//! high bytes, once for the low ones.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};
use crate::product::by_count::by_count;
use crate::product::part::{Part, of_piece};

/// As [`plain::many`](crate::product::plain::many).
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
pub(crate) fn many(part: Part<'_>, inputs: ActivationRows<'_>, outputs: &mut [Lanes]) {
    by_count!(rows, part, inputs, outputs)
}

/// N rows of activations.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
#[inline]
fn rows<const HALVES: bool, const MINIMA: bool, const N: usize>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    part.check(inputs, N);
    assert!(part.bits == ValueBits::Eight && outputs.len() >= N);
    let pieces = if HALVES { 2 } else { 1 };
    let groups = BLOCK_COLUMNS / 4 / pieces;
    // SAFETY: an output is sixteen numbers, and loads need no alignment.
    let mut results: [_; N] =
        std::array::from_fn(|token| unsafe { _mm512_loadu_ps(outputs[token].as_ptr()) });
    for index in 0..part.blocks {
        let block = part.first + index;
        for piece in 0..pieces {
            // Of the high bytes, and of the low ones.
            let mut dots = [[_mm512_setzero_si512(); 2]; N];
            // SAFETY: the lengths were checked: the part has this block, 512 bytes of values,
            // of which each group has 64, and scales and minima of sixteen numbers for each of
            // its pieces. Each of the N rows of activations has it, too: two times 32 bytes, a
            // scale, two sums and two totals. Loads need no alignment.
            unsafe {
                let weights = part.values.as_ptr().add(index * 8 * GROUP_BYTES);
                let planes = inputs.planes.as_ptr().add(block * 2 * BLOCK_COLUMNS);
                for group in piece * groups..(piece + 1) * groups {
                    let w = _mm512_loadu_si512(weights.add(group * GROUP_BYTES).cast());
                    for (token, dots) in dots.iter_mut().enumerate() {
                        let high = planes
                            .add(token * inputs.blocks * 2 * BLOCK_COLUMNS + 4 * group);
                        let low = high.add(BLOCK_COLUMNS);
                        dots[0] = _mm512_dpbusd_epi32(dots[0], w, four(high));
                        dots[1] = _mm512_dpbusd_epi32(dots[1], w, four(low));
                    }
                }
                let at = index * pieces + piece;
                let scales = _mm512_loadu_ps(part.scales.as_ptr().add(at).cast());
                for (token, (result, dots)) in results.iter_mut().zip(dots).enumerate() {
                    let at_block = token * inputs.blocks + block;
                    let mut dot =
                        _mm512_add_epi32(_mm512_slli_epi32::<8>(dots[0]), dots[1]);
                    if !MINIMA {
                        let sum = of_piece::<HALVES, _>(inputs.sums, at_block, piece);
                        let correction = _mm512_set1_epi32(part.offset * sum);
                        dot = _mm512_sub_epi32(dot, correction);
                    }
                    let scale = _mm512_set1_ps(*inputs.scales.get_unchecked(at_block));
                    let scale = _mm512_mul_ps(scales, scale);
                    *result = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *result);
                    if MINIMA {
                        let minima = _mm512_loadu_ps(part.minima.as_ptr().add(at).cast());
                        let total = of_piece::<HALVES, _>(inputs.totals, at_block, piece);
                        *result = _mm512_fmadd_ps(minima, _mm512_set1_ps(total), *result);
                    }
                }
            }
        }
    }
    for (output, result) in outputs.iter_mut().zip(results) {
        // SAFETY: an output is sixteen numbers, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(output.as_mut_ptr(), result) };
    }
}

/// Four bytes of activations in every group of four bytes.
///
/// # Safety
/// There must be four at `values`.
#[target_feature(enable = "avx512f")]
#[inline]
pub(super) unsafe fn four(values: *const i8) -> __m512i {
    // SAFETY: the caller says that there are four bytes; the read needs no alignment.
    _mm512_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

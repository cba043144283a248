//! AVX2: eight rows to a vector. There is no product of signed and unsigned bytes that
//! cannot overflow for all values, so the sign of a weight is moved to the activation, as
//! llama.cpp does: |w| · ±a fits.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::Outputs;
use crate::activations::Inputs;
use crate::packed::{BLOCK, Format, GROUP, TILE_ROWS, Tile};

/// As `plain::q8`.
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn q8(tile: Tile<'_>, inputs: Inputs<'_>, outputs: &mut Outputs) {
    super::by_count!(rows::<false>, tile, inputs, outputs)
}

/// As `plain::q4`.
///
/// # Safety
/// The processor must have AVX2, FMA and F16C.
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) unsafe fn q4(tile: Tile<'_>, inputs: Inputs<'_>, outputs: &mut Outputs) {
    super::by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations, in two halves of eight rows of the tile.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: Inputs<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { Format::Q4 } else { Format::Q8 };
    inputs.check(N, tile, format);
    let groups = format.tile_bytes() / GROUP;
    let low_nibbles = _mm256_set1_epi8(15);
    let signs = _mm256_set1_epi8(-128);
    for half in 0..2 {
        let mut results = [_mm256_setzero_ps(); N];
        for block in 0..inputs.blocks {
            let mut dots = [_mm256_setzero_si256(); N];
            // SAFETY: the lengths were checked.
            unsafe {
                let weights = tile.values.as_ptr().add(block * format.tile_bytes());
                let values = inputs.values.as_ptr().add(block * BLOCK);
                for group in 0..groups {
                    let w = weights.add(group * GROUP + half * GROUP / 2);
                    let w = _mm256_loadu_si256(w.cast());
                    for (token, dot) in dots.iter_mut().enumerate() {
                        let values =
                            values.add(token * inputs.blocks * BLOCK + 4 * group);
                        if FOUR_BITS {
                            let low = _mm256_and_si256(w, low_nibbles);
                            let high = _mm256_srli_epi16::<4>(w);
                            let high = _mm256_and_si256(high, low_nibbles);
                            let low = _mm256_maddubs_epi16(low, four(values));
                            let values = values.add(BLOCK / 2);
                            let high = _mm256_maddubs_epi16(high, four(values));
                            *dot = add_pairs(*dot, _mm256_add_epi16(low, high));
                        } else {
                            let w = _mm256_xor_si256(w, signs);
                            let a = _mm256_sign_epi8(four(values), w);
                            let w = _mm256_abs_epi8(w);
                            *dot = add_pairs(*dot, _mm256_maddubs_epi16(w, a));
                        }
                    }
                }
                let scales = tile.scales.as_ptr().add(block * TILE_ROWS + half * 8);
                let scales = _mm256_cvtph_ps(_mm_loadu_si128(scales.cast()));
                for (token, (result, dot)) in results.iter_mut().zip(dots).enumerate() {
                    let at = token * inputs.blocks + block;
                    let dot = match FOUR_BITS {
                        true => {
                            let sum = inputs.sums.get_unchecked(at);
                            let correction = _mm256_set1_epi32(format.offset() * sum);
                            _mm256_sub_epi32(dot, correction)
                        }
                        false => dot, // these weights have their signs
                    };
                    let scale = _mm256_set1_ps(*inputs.scales.get_unchecked(at));
                    let scale = _mm256_mul_ps(scales, scale);
                    *result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, *result);
                }
            }
        }
        for (output, result) in outputs.iter_mut().zip(results) {
            // SAFETY: an output holds two times eight numbers.
            unsafe { _mm256_storeu_ps(output.as_mut_ptr().add(half * 8), result) };
        }
    }
}

/// Adds neighbouring pairs of 16-bit numbers to eight sums.
#[target_feature(enable = "avx2")]
#[inline]
fn add_pairs(sums: __m256i, pairs: __m256i) -> __m256i {
    _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
}

/// Four activations in every group of four bytes.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn four(values: *const i8) -> __m256i {
    // SAFETY: the caller has four left.
    _mm256_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

//! AVX2: eight rows to a vector. Its product of unsigned and signed bytes adds pairs in 16
//! bits, which overflows for some values. With 8 bits, the sign of a weight is moved to the
//! activation, as llama.cpp does: |w| · ±a fits. With 4 bits, all products of a block fit
//! into 16 bits: 2 · 15 · 127 for a pair, eight of which are added up.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::prefetch::prefetch;
use super::tile_product::{Outputs, by_count};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};

/// As [`plain::q8`](super::plain::q8).
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As [`plain::q4`](super::plain::q4).
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations. Up to four take both halves of the tile at once, to read the
/// weights in one go; more take one half after the other: more sums than eight do not
/// stay in sixteen registers.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    // SAFETY: the lengths were checked for N rows, and a tile has the halves 0 and 1.
    unsafe {
        if N <= 4 {
            part::<FOUR_BITS, 2, N>(0, tile, inputs, outputs);
        } else {
            part::<FOUR_BITS, 1, N>(0, tile, inputs, outputs);
            part::<FOUR_BITS, 1, N>(1, tile, inputs, outputs);
        }
    }
}

/// H halves of the tile's rows from the half `first` on.
///
/// # Safety
/// The tile and N rows of activations must have passed [`ActivationRows::check`], and
/// `first` + H must not exceed 2.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
unsafe fn part<const FOUR_BITS: bool, const H: usize, const N: usize>(
    first: usize,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    let groups = format.tile_bytes() / GROUP_BYTES;
    let low_nibbles = _mm256_set1_epi8(15);
    let signs = _mm256_set1_epi8(-128);
    let ones = _mm256_set1_epi16(1);
    let mut results = [[_mm256_setzero_ps(); H]; N];
    for block in 0..inputs.blocks {
        // In 32 bits, or with FOUR_BITS in 16.
        let mut dots = [[_mm256_setzero_si256(); H]; N];
        // SAFETY: as the caller has checked, the tile has this block: `tile_bytes` bytes of
        // values, of which each half of a group has 32, and 16 scales, of which each half has
        // 8. Each of the N rows has it, too: 32 values, a scale and a sum. Loads need no
        // alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let weights = weights.add(first * GROUP_BYTES / 2);
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            for group in 0..groups {
                if N == 1 {
                    prefetch(weights.add(group * GROUP_BYTES));
                }
                for half in 0..H {
                    let w = weights.add(group * GROUP_BYTES + half * GROUP_BYTES / 2);
                    let w = _mm256_loadu_si256(w.cast());
                    for (token, dots) in dots.iter_mut().enumerate() {
                        let values =
                            values.add(token * inputs.blocks * BLOCK_COLUMNS + 4 * group);
                        let dot = &mut dots[half];
                        if FOUR_BITS {
                            let low = _mm256_and_si256(w, low_nibbles);
                            let high = _mm256_srli_epi16::<4>(w);
                            let high = _mm256_and_si256(high, low_nibbles);
                            let low = _mm256_maddubs_epi16(low, four(values));
                            *dot = _mm256_add_epi16(*dot, low);
                            let values = values.add(BLOCK_COLUMNS / 2);
                            let high = _mm256_maddubs_epi16(high, four(values));
                            *dot = _mm256_add_epi16(*dot, high);
                        } else {
                            let w = _mm256_xor_si256(w, signs);
                            let a = _mm256_sign_epi8(four(values), w);
                            let w = _mm256_abs_epi8(w);
                            let pairs = _mm256_maddubs_epi16(w, a);
                            let fours = _mm256_madd_epi16(pairs, ones);
                            *dot = _mm256_add_epi32(*dot, fours);
                        }
                    }
                }
            }
            for half in 0..H {
                let row = block * TILE_ROWS + (first + half) * 8;
                let scales = tile.scales.as_ptr().add(row);
                let scales = _mm256_cvtph_ps(_mm_loadu_si128(scales.cast()));
                for (token, (results, dots)) in results.iter_mut().zip(&dots).enumerate()
                {
                    let at = token * inputs.blocks + block;
                    let mut dot = dots[half];
                    if FOUR_BITS {
                        // Weights with 8 bits have their signs here.
                        let sum = inputs.sums.get_unchecked(at);
                        let correction = _mm256_set1_epi32(format.offset() * sum);
                        dot = _mm256_madd_epi16(dot, ones);
                        dot = _mm256_sub_epi32(dot, correction);
                    }
                    let scale = _mm256_set1_ps(*inputs.scales.get_unchecked(at));
                    let scale = _mm256_mul_ps(scales, scale);
                    let result = &mut results[half];
                    *result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, *result);
                }
            }
        }
    }
    for (output, results) in outputs.iter_mut().zip(results) {
        for (half, result) in results.into_iter().enumerate() {
            // SAFETY: an output holds two times eight numbers, and the half is 0 or 1, as
            // the caller has seen to. Stores need no alignment.
            unsafe {
                _mm256_storeu_ps(output.as_mut_ptr().add((first + half) * 8), result)
            };
        }
    }
}

/// Four activations in every group of four bytes.
///
/// # Safety
/// There must be four at `values`.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn four(values: *const i8) -> __m256i {
    // SAFETY: the caller says that there are four bytes; the read needs no alignment.
    _mm256_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

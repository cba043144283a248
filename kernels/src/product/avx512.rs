//! AVX-512 with VNNI: a group of four columns of sixteen rows is one vector, and
//! `vpdpbusd` adds its products with four broadcast activations to sixteen sums.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::prefetch::prefetch;
use super::tile_product::{Outputs, by_count};
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};

/// As [`plain::q8`](super::plain::q8).
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<false>, tile, inputs, outputs)
}

/// As [`plain::q4`](super::plain::q4).
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    by_count!(rows::<true>, tile, inputs, outputs)
}

/// N rows of activations.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[inline]
fn rows<const FOUR_BITS: bool, const N: usize>(
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
) {
    let format = if FOUR_BITS { PackedFormat::Q4 } else { PackedFormat::Q8 };
    inputs.check(N, tile, format);
    let groups = format.tile_bytes() / GROUP_BYTES;
    let low_nibbles = _mm512_set1_epi8(15);
    let mut results = [_mm512_setzero_ps(); N];
    for block in 0..inputs.blocks {
        // Two sums each, so that one addition need not wait for the other.
        let mut dots = [[_mm512_setzero_si512(); 2]; N];
        // SAFETY: the lengths were checked: the tile has this block, `tile_bytes` bytes of
        // values, of which each group has 64, and 16 scales. Each of the N rows has it, too:
        // 32 values, a scale and a sum. Loads need no alignment.
        unsafe {
            let weights = tile.values.as_ptr().add(block * format.tile_bytes());
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            for group in 0..groups {
                if N == 1 {
                    prefetch(weights.add(group * GROUP_BYTES));
                }
                let w = _mm512_loadu_si512(weights.add(group * GROUP_BYTES).cast());
                for (token, dots) in dots.iter_mut().enumerate() {
                    let values =
                        values.add(token * inputs.blocks * BLOCK_COLUMNS + 4 * group);
                    if FOUR_BITS {
                        let low = _mm512_and_si512(w, low_nibbles);
                        let high = _mm512_srli_epi16::<4>(w);
                        let high = _mm512_and_si512(high, low_nibbles);
                        dots[0] = _mm512_dpbusd_epi32(dots[0], low, four(values));
                        let values = values.add(BLOCK_COLUMNS / 2);
                        dots[1] = _mm512_dpbusd_epi32(dots[1], high, four(values));
                    } else {
                        let dot = &mut dots[group % 2];
                        *dot = _mm512_dpbusd_epi32(*dot, w, four(values));
                    }
                }
            }
            let scales = tile.scales.as_ptr().add(block * TILE_ROWS);
            let scales = _mm512_cvtph_ps(_mm256_loadu_si256(scales.cast()));
            for (token, (result, dots)) in results.iter_mut().zip(dots).enumerate() {
                let at = token * inputs.blocks + block;
                let correction = format.offset() * inputs.sums.get_unchecked(at);
                let dot = _mm512_add_epi32(dots[0], dots[1]);
                let dot = _mm512_sub_epi32(dot, _mm512_set1_epi32(correction));
                let scale = _mm512_set1_ps(*inputs.scales.get_unchecked(at));
                let scale = _mm512_mul_ps(scales, scale);
                *result = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *result);
            }
        }
    }
    for (output, result) in outputs.iter_mut().zip(results) {
        // SAFETY: an output holds sixteen numbers, and the store needs no alignment.
        unsafe { _mm512_storeu_ps(output.as_mut_ptr(), result) };
    }
}

/// Four activations in every group of four bytes.
///
/// # Safety
/// There must be four at `values`.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn four(values: *const i8) -> __m512i {
    // SAFETY: the caller says that there are four bytes; the read needs no alignment.
    _mm512_set1_epi32(unsafe { values.cast::<i32>().read_unaligned() })
}

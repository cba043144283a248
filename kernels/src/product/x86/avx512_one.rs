//! AVX-512 with VNNI, a single row of activations: as [`many`](super::avx512::many), with the
//! values taken from their bits on the way.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::avx512::four;
use super::prefetch::prefetch;
use super::stored_bits::stored_bits;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};
use crate::product::by_count::by_bits;
use crate::product::part::{Part, of_piece};

/// As [`plain::one`](crate::product::plain::one).
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    by_bits!(row, part, inputs, output)
}

/// BITS is the width of a value, or 0 for entries of a codebook.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma,f16c")]
#[inline]
fn row<const BITS: u8, const HALVES: bool, const MINIMA: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    part.check(inputs, 1);
    let size = part.bits.tile_bytes();
    let entries = part.entries();
    // SAFETY: there are sixteen entries and sixteen outputs, and loads need no alignment.
    let (entries, mut result) = unsafe {
        let entries = _mm_loadu_si128(entries.as_ptr().cast());
        (_mm512_broadcast_i32x4(entries), _mm512_loadu_ps(output.as_ptr()))
    };
    for index in 0..part.blocks {
        let block = part.first + index;
        // Of the first half of the columns and of the second: of the high bytes of activations,
        // and of the low ones.
        let mut dots = [[_mm512_setzero_si512(); 2]; 2];
        // SAFETY: the lengths were checked: the part has this block, as many bytes of values as
        // its width needs, and scales and minima of sixteen numbers for each of its pieces. The
        // row of activations has it, too: two times 32 bytes, a scale, two sums and two totals.
        // Loads need no alignment.
        unsafe {
            let weights = part.values.as_ptr().add(index * size);
            let planes = inputs.planes.as_ptr().add(block * 2 * BLOCK_COLUMNS);
            let mut bits = Bits::<BITS>::load(weights);
            for group in 0..4 {
                let pair = bits.pair(weights, group, entries);
                for (half, w) in pair.into_iter().enumerate() {
                    let high = planes.add(16 * half + 4 * group);
                    let low = high.add(BLOCK_COLUMNS);
                    dots[half][0] = _mm512_dpbusd_epi32(dots[half][0], w, four(high));
                    dots[half][1] = _mm512_dpbusd_epi32(dots[half][1], w, four(low));
                }
            }
            let [first, second] = dots;
            let first = _mm512_add_epi32(_mm512_slli_epi32::<8>(first[0]), first[1]);
            let second = _mm512_add_epi32(_mm512_slli_epi32::<8>(second[0]), second[1]);
            let pieces = match HALVES {
                true => [first, second],
                false => [_mm512_add_epi32(first, second), _mm512_setzero_si512()],
            };
            let count = if HALVES { 2 } else { 1 };
            let scale = _mm512_set1_ps(*inputs.scales.get_unchecked(block));
            for (piece, mut dot) in pieces.into_iter().enumerate().take(count) {
                let at = index * count + piece;
                if !MINIMA {
                    let sum = of_piece::<HALVES, _>(inputs.sums, block, piece);
                    dot = _mm512_sub_epi32(dot, _mm512_set1_epi32(part.offset * sum));
                }
                let scales = _mm512_loadu_ps(part.scales.as_ptr().add(at).cast());
                let scales = _mm512_mul_ps(scales, scale);
                result = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scales, result);
                if MINIMA {
                    let minima = _mm512_loadu_ps(part.minima.as_ptr().add(at).cast());
                    let total = of_piece::<HALVES, _>(inputs.totals, block, piece);
                    result = _mm512_fmadd_ps(minima, _mm512_set1_ps(total), result);
                }
            }
        }
    }
    // SAFETY: there are sixteen outputs, and the store needs no alignment.
    unsafe { _mm512_storeu_ps(output.as_mut_ptr(), result) };
}

stored_bits!(
    __m512i,
    "avx512f,avx512bw",
    _mm512_setzero_si512,
    _mm512_set1_epi8,
    _mm512_and_si512,
    _mm512_or_si512,
    _mm512_srli_epi16,
    _mm512_slli_epi16,
    _mm512_srl_epi16,
    _mm512_shuffle_epi8
);

/// A group of bytes of a block, and a hint for what comes a page later.
///
/// # Safety
/// The block must have this group.
#[target_feature(enable = "avx512f")]
#[inline]
unsafe fn load(block: *const u8, group: usize) -> __m512i {
    // SAFETY: the caller says that there are 64 bytes; the load needs no alignment.
    unsafe {
        let at = block.add(group * GROUP_BYTES);
        prefetch(at);
        _mm512_loadu_si512(at.cast())
    }
}

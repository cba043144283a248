//! AVX2, a single row of activations: as [`many`](super::avx2::many), with the values taken
//! from their bits on the way.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::x86_64::*;

use super::avx2::two;
use super::prefetch::prefetch;
use super::stored_bits::stored_bits;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, ValueBits};
use crate::product::by_count::by_bits;
use crate::product::part::{Part, of_piece};

/// As [`plain::one`](crate::product::plain::one).
#[target_feature(enable = "avx2,fma,f16c")]
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    by_bits!(row, part, inputs, output)
}

/// BITS is the width of a value, or 0 for entries of a codebook.
#[target_feature(enable = "avx2,fma,f16c")]
#[inline]
fn row<const BITS: u8, const HALVES: bool, const MINIMA: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    part.check(inputs, 1);
    let size = part.bits.tile_bytes();
    let entries = part.entries();
    // SAFETY: there are sixteen entries and two times eight outputs, and loads need no
    // alignment.
    let (entries, mut results) = unsafe {
        let entries =
            _mm256_broadcastsi128_si256(_mm_loadu_si128(entries.as_ptr().cast()));
        let results =
            [_mm256_loadu_ps(output.as_ptr()), _mm256_loadu_ps(output.as_ptr().add(8))];
        (entries, results)
    };
    let even_bytes = _mm256_set1_epi16(0xFF);
    for index in 0..part.blocks {
        let block = part.first + index;
        // For each half of the columns, and for eight rows each.
        let mut dots = [[_mm256_setzero_si256(); 2]; 2];
        // SAFETY: the lengths were checked: the part has this block, as many bytes of values as
        // its width needs, and scales and minima of two times eight numbers for each of its
        // pieces. The row of activations has it, too: 32 values, a scale, two sums and two
        // totals. Loads need no alignment.
        unsafe {
            let weights = part.values.as_ptr().add(index * size);
            let values = inputs.values.as_ptr().add(block * BLOCK_COLUMNS);
            let halves = [weights, weights.add(GROUP_BYTES / 2)];
            let mut bits = [Bits::<BITS>::load(halves[0]), Bits::<BITS>::load(halves[1])];
            for group in 0..4 {
                let (first, second) = (values.add(4 * group), values.add(16 + 4 * group));
                let activations =
                    [[two(first), two(first.add(2))], [two(second), two(second.add(2))]];
                for (eight, bits) in bits.iter_mut().enumerate() {
                    let pair = bits.pair(halves[eight], group, entries);
                    for ((w, [even, odd]), dots) in
                        pair.into_iter().zip(activations).zip(&mut dots)
                    {
                        let dot = &mut dots[eight];
                        let low =
                            _mm256_madd_epi16(_mm256_and_si256(w, even_bytes), even);
                        let high = _mm256_madd_epi16(_mm256_srli_epi16::<8>(w), odd);
                        *dot = _mm256_add_epi32(*dot, _mm256_add_epi32(low, high));
                    }
                }
            }
            let count = if HALVES { 2 } else { 1 };
            let scale = _mm256_set1_ps(*inputs.scales.get_unchecked(block));
            for piece in 0..count {
                let at = index * count + piece;
                let numbers = |all: &[Lanes], eight: usize| {
                    _mm256_loadu_ps(all.as_ptr().add(at).cast::<f32>().add(8 * eight))
                };
                for (eight, result) in results.iter_mut().enumerate() {
                    let mut dot = match HALVES {
                        true => dots[piece][eight],
                        false => _mm256_add_epi32(dots[0][eight], dots[1][eight]),
                    };
                    if !MINIMA {
                        let sum = of_piece::<HALVES, _>(inputs.sums, block, piece);
                        dot = _mm256_sub_epi32(dot, _mm256_set1_epi32(part.offset * sum));
                    }
                    let scales = _mm256_mul_ps(numbers(part.scales, eight), scale);
                    *result = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scales, *result);
                    if MINIMA {
                        let total = of_piece::<HALVES, _>(inputs.totals, block, piece);
                        let (minima, total) =
                            (numbers(part.minima, eight), _mm256_set1_ps(total));
                        *result = _mm256_fmadd_ps(minima, total, *result);
                    }
                }
            }
        }
    }
    for (at, result) in [0, 8].into_iter().zip(results) {
        // SAFETY: there are two times eight outputs, and stores need no alignment.
        unsafe { _mm256_storeu_ps(output.as_mut_ptr().add(at), result) };
    }
}

stored_bits!(
    __m256i,
    "avx2",
    _mm256_setzero_si256,
    _mm256_set1_epi8,
    _mm256_and_si256,
    _mm256_or_si256,
    _mm256_srli_epi16,
    _mm256_slli_epi16,
    _mm256_srl_epi16,
    _mm256_shuffle_epi8
);

/// Half of a group of bytes of a block, and a hint for what comes a page later.
///
/// # Safety
/// The block, or the half of its rows, must have this group.
#[target_feature(enable = "avx2")]
#[inline]
unsafe fn load(block: *const u8, group: usize) -> __m256i {
    // SAFETY: the caller says that there are 32 bytes; the load needs no alignment.
    unsafe {
        let at = block.add(group * GROUP_BYTES);
        prefetch(at);
        _mm256_loadu_si256(at.cast())
    }
}

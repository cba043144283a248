//! Scales to f32, by AVX2 and F16C: what `packed::scales` asks of a processor. Compilers that are
//! left to find these instructions take numbers out one by one.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::x86_64::*;

use crate::packed::TILE_ROWS;
use crate::packed::scales::{ByteScale, HALVES_BYTES, Lanes};

/// As `plain::halves`.
#[target_feature(enable = "avx2,f16c")]
#[inline]
pub(crate) fn halves(stored: &[u8; HALVES_BYTES], out: &mut Lanes) {
    for half in 0..2 {
        // SAFETY: there are two times eight numbers, of two bytes and of four. Loads and stores
        // need no alignment.
        unsafe {
            let eight = _mm_loadu_si128(stored.as_ptr().add(16 * half).cast());
            _mm256_storeu_ps(out.as_mut_ptr().add(8 * half), _mm256_cvtph_ps(eight));
        }
    }
}

/// As `plain::bytes`.
#[target_feature(enable = "avx2,f16c")]
#[inline]
pub(crate) fn bytes(
    how: ByteScale,
    common: &Lanes,
    bytes: &[u8; TILE_ROWS],
    out: &mut Lanes,
) {
    for half in 0..2 {
        // SAFETY: there are two times eight bytes and numbers. Loads and stores need no
        // alignment.
        unsafe {
            let eight = _mm_loadl_epi64(bytes.as_ptr().add(8 * half).cast());
            let integers = match how {
                ByteScale::Signed => _mm256_cvtepi8_epi32(eight),
                ByteScale::Unsigned => _mm256_cvtepu8_epi32(eight),
                ByteScale::LowNibble => {
                    _mm256_and_si256(_mm256_cvtepu8_epi32(eight), _mm256_set1_epi32(15))
                }
                ByteScale::HighNibble => {
                    _mm256_srli_epi32::<4>(_mm256_cvtepu8_epi32(eight))
                }
            };
            let common = _mm256_loadu_ps(common.as_ptr().add(8 * half));
            let scaled = _mm256_mul_ps(common, _mm256_cvtepi32_ps(integers));
            _mm256_storeu_ps(out.as_mut_ptr().add(8 * half), scaled);
        }
    }
}

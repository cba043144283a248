//! In a form that compilers turn into wide vectors.

use super::{Lanes, REBIAS, SIGN_AND_REST};
use crate::packed::format::TILE_ROWS;

/// Scales times signed bytes.
#[inline(always)]
pub(crate) fn signed(scale: &Lanes, bytes: &[u8], out: &mut Lanes) {
    for ((out, scale), byte) in out.iter_mut().zip(scale).zip(&bytes[..TILE_ROWS]) {
        *out = scale * f32::from(*byte as i8);
    }
}

/// Scales times the bits of bytes that are left once they are shifted down and masked.
#[inline(always)]
pub(crate) fn unsigned(
    scale: &Lanes,
    bytes: &[u8],
    (shift, mask): (u32, u8),
    out: &mut Lanes,
) {
    for ((out, scale), byte) in out.iter_mut().zip(scale).zip(&bytes[..TILE_ROWS]) {
        *out = scale * f32::from(byte >> shift & mask);
    }
}

/// f16 numbers that are finite, as f32.
#[inline(always)]
pub(crate) fn halves(stored: &[u8], out: &mut Lanes) {
    for (out, bytes) in out.iter_mut().zip(stored.as_chunks().0) {
        let bits = i32::from(i16::from_le_bytes(*bytes)) << 13;
        *out = f32::from_bits(bits as u32 & SIGN_AND_REST) * REBIAS;
    }
}

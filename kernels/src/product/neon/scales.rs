//! Scales to f32.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::aarch64::*;

use super::dots::{LANES, VECTORS};
use crate::packed::scales::{HALVES_BYTES, Lanes};

/// As `packed::scales::plain::halves`.
#[target_feature(enable = "neon")]
#[inline]
pub(crate) fn halves(stored: &[u8; HALVES_BYTES], out: &mut Lanes) {
    for vector in 0..VECTORS {
        // SAFETY: there are four times four numbers, of two bytes and of four. Loads and stores
        // need no alignment.
        unsafe {
            let four = vld1_u16(stored.as_ptr().cast::<u16>().add(vector * LANES));
            let four = vcvt_f32_f16(vreinterpret_f16_u16(four));
            vst1q_f32(out.as_mut_ptr().add(vector * LANES), four);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::TILE_ROWS;
    use crate::packed::scales::plain;

    #[test]
    fn halves_are_those_of_plain_rust() {
        for bits in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            let stored = [bits.to_le_bytes(); TILE_ROWS];
            let stored = &stored.as_flattened().as_chunks().0[0];
            let (mut actual, mut expected) = ([0.0; TILE_ROWS], [1.0; TILE_ROWS]);
            // SAFETY: all processors of this architecture have NEON.
            unsafe { halves(stored, &mut actual) };
            plain::halves(stored, &mut expected);
            assert_eq!(actual.map(f32::to_bits), expected.map(f32::to_bits));
        }
    }
}

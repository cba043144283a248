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

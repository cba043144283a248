//! The sums of products, and how they become results.

#![allow(unsafe_code, reason = "vector instructions")]

use std::arch::aarch64::*;
use std::arch::asm;

/// Rows of a tile in a vector.
pub(super) const LANES: usize = 4;

/// Vectors of rows in a tile.
pub(super) const VECTORS: usize = 4;

/// Sums of four rows: with the high bytes of activations, and with the low ones.
#[derive(Clone, Copy)]
pub(super) struct Dots {
    high: int32x4_t,
    low: int32x4_t,
}

impl Dots {
    /// Sums that begin with a number.
    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) fn new(first: i32) -> Dots {
        Dots { high: vdupq_n_s32(0), low: vdupq_n_s32(first) }
    }

    /// Adds the products of four groups of columns with their activations: sixteen high bytes
    /// and as many low ones, of which the instruction picks four by their number.
    #[target_feature(enable = "neon,dotprod")]
    #[inline]
    pub(super) fn add_four(
        &mut self,
        weights: [int8x16_t; 4],
        activations: [int8x16_t; 2],
    ) {
        let [w0, w1, w2, w3] = weights;
        let [a_high, a_low] = activations;
        // The intrinsics of this instruction are not stable yet.
        // SAFETY: it reads and writes these registers only, and the processor has it, as this
        // function is compiled for `dotprod`.
        unsafe {
            asm!(
                "sdot {high:v}.4s, {w0:v}.16b, {a_high:v}.4b[0]",
                "sdot {low:v}.4s, {w0:v}.16b, {a_low:v}.4b[0]",
                "sdot {high:v}.4s, {w1:v}.16b, {a_high:v}.4b[1]",
                "sdot {low:v}.4s, {w1:v}.16b, {a_low:v}.4b[1]",
                "sdot {high:v}.4s, {w2:v}.16b, {a_high:v}.4b[2]",
                "sdot {low:v}.4s, {w2:v}.16b, {a_low:v}.4b[2]",
                "sdot {high:v}.4s, {w3:v}.16b, {a_high:v}.4b[3]",
                "sdot {low:v}.4s, {w3:v}.16b, {a_low:v}.4b[3]",
                high = inout(vreg) self.high,
                low = inout(vreg) self.low,
                w0 = in(vreg) w0,
                w1 = in(vreg) w1,
                w2 = in(vreg) w2,
                w3 = in(vreg) w3,
                a_high = in(vreg) a_high,
                a_low = in(vreg) a_low,
                options(pure, nomem, nostack, preserves_flags),
            );
        }
    }

    /// The sums of the products with whole activations, as f32.
    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) fn together(self) -> float32x4_t {
        vcvtq_f32_s32(vaddq_s32(vshlq_n_s32::<8>(self.high), self.low))
    }
}

/// The activations of 16 columns of a block: high bytes, and low ones.
///
/// # Safety
/// At `planes` there must be a block's 32 high bytes and 32 low ones, and `half` is 0 or 1.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn activations(planes: *const i8, half: usize) -> [int8x16_t; 2] {
    // SAFETY: the caller says that the bytes are there; loads need no alignment.
    [0, 1].map(|plane| unsafe { vld1q_s8(planes.add(32 * plane + 16 * half)) })
}

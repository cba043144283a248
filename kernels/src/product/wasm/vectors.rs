//! What the kernels for WebAssembly have in common.

use std::arch::wasm32::*;

use crate::packed::{GROUP_BYTES, PackedFormat};

/// Rows of a tile in a vector.
pub(super) const LANES: usize = 4;

/// What moves an exponent from the bias of f16 to that of f32: 2^(127 − 15).
pub(super) const REBIAS: f32 = 5.192_297e33;

/// Four scales in f16 as f32, each divided by [`REBIAS`]: the caller multiplies once for
/// that and for its own factor, which also makes subnormal numbers right. Scales are finite;
/// an infinite one would become ±65,536.
///
/// # Safety
/// There must be four at `halves`.
#[inline]
#[allow(unsafe_code, reason = "a vector load")]
pub(super) unsafe fn scales(halves: *const u16) -> v128 {
    // SAFETY: the caller says that there are four, which are eight bytes; the load needs no
    // alignment.
    let halves = unsafe { v128_load64_zero(halves.cast()) };
    // Sign-extended and shifted, a half has its sign in all bits from 28 on.
    let bits = i32x4_shl(i32x4_extend_low_i16x8(halves), 13);
    v128_and(bits, u32x4_splat(0x8FFF_E000))
}

/// Groups in a block, for N rows of activations. For one row, the number is hidden from the
/// compiler: it would write the groups out and then take sum after sum, with 64 bytes between
/// the weights that it reads one after the other. Memory is read fastest in its order.
#[inline]
pub(super) fn groups<const N: usize>(format: PackedFormat) -> usize {
    let groups = format.tile_bytes() / GROUP_BYTES;
    if N == 1 { std::hint::black_box(groups) } else { groups }
}

/// The same vector, hidden from the compiler: it stays in a register, where a constant would
/// be made anew at every use.
#[inline]
#[cfg(target_feature = "relaxed-simd")]
pub(super) fn opaque(vector: v128) -> v128 {
    std::hint::black_box(vector)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn scales_are_those_of_the_half_crate() {
        for half in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            // SAFETY: the array has four.
            #[allow(unsafe_code, reason = "a vector load")]
            let vector = unsafe { scales([half; LANES].as_ptr()) };
            let vector = f32x4_mul(vector, f32x4_splat(REBIAS));
            let expected = half::f16::from_bits(half).to_f32();
            assert_eq!(f32x4_extract_lane::<3>(vector).to_bits(), expected.to_bits());
        }
    }
}

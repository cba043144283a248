//! WebAssembly: four rows of a tile to a vector.
//!
//! Without relaxed SIMD, bytes are widened to 16 bits. With it, one instruction adds four
//! products of bytes to each of four sums.

#[cfg(target_feature = "relaxed-simd")]
pub(crate) mod relaxed;
pub(crate) mod widened;

use std::arch::wasm32::*;

/// Rows of a tile in a vector.
const LANES: usize = 4;

/// Four scales in f16 as f32: the exponent is moved by a product, which also makes
/// subnormal numbers right. There are no infinities among scales.
#[inline]
fn scales(halves: &[u16; LANES]) -> v128 {
    let bits =
        u32x4(halves[0].into(), halves[1].into(), halves[2].into(), halves[3].into());
    let magnitude = v128_and(bits, u32x4_splat(0x7FFF));
    let sign = v128_and(bits, u32x4_splat(0x8000));
    // 2^112: the difference of the exponents' biases, 127 − 15.
    let magnitude = f32x4_mul(u32x4_shl(magnitude, 13), f32x4_splat(5.192_297e33));
    v128_or(magnitude, u32x4_shl(sign, 16))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_those_of_the_half_crate() {
        for half in (0..=u16::MAX).filter(|bits| bits & 0x7C00 != 0x7C00) {
            let vector = scales(&[half; LANES]);
            let expected = half::f16::from_bits(half).to_f32();
            assert_eq!(f32x4_extract_lane::<3>(vector).to_bits(), expected.to_bits());
        }
    }
}

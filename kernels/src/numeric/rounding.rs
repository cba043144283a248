//! From numbers to the nearest integers, without a conversion that checks their range.

/// 1.5 · 2²³: a sum with it has no fraction bits.
pub(crate) const ROUNDING_ADDEND: f32 = 12_582_912.0;

/// The nearest integer of a number within ±2²², ties to even: what the bits of the sum have
/// grown by. A conversion would check whether the number fits.
#[inline(always)]
pub(crate) fn nearest(number: f32) -> i32 {
    (number + ROUNDING_ADDEND).to_bits().wrapping_sub(ROUNDING_ADDEND.to_bits()) as i32
}

/// The number as the nearest bf16, ties to even.
#[inline(always)]
pub(crate) fn to_bf16(number: f32) -> f32 {
    let bits = number.to_bits();
    let rounded = bits.wrapping_add(0x7FFF + (bits >> 16 & 1));
    f32::from_bits(rounded & 0xFFFF_0000)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn a_bf16_has_eight_significant_bits() {
        for (number, expected) in [
            (257.0, 256.0),
            (259.0, 260.0),
            (-1.0, -1.0),
            (0.1, 0.100_097_656),
            (0.0, 0.0),
        ] {
            assert_eq!(to_bf16(number), expected, "{number}");
        }
    }

    #[test]
    fn ties_go_to_the_even_integer() {
        for (number, expected) in
            [(0.5, 0), (1.5, 2), (-2.5, -2), (-0.4, 0), (8190.6, 8191), (-127.2, -127)]
        {
            assert_eq!(nearest(number), expected, "{number}");
        }
    }
}

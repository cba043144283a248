//! From numbers to the nearest integers, without a conversion that checks their range.

/// 1.5 · 2²³: a sum with it has no fraction bits.
pub(crate) const ROUNDING_ADDEND: f32 = 12_582_912.0;

/// The nearest integer of a number within ±2²², ties to even: what the bits of the sum have
/// grown by. A conversion would check whether the number fits.
#[inline(always)]
pub(crate) fn nearest(number: f32) -> i32 {
    (number + ROUNDING_ADDEND).to_bits().wrapping_sub(ROUNDING_ADDEND.to_bits()) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn ties_go_to_the_even_integer() {
        for (number, expected) in
            [(0.5, 0), (1.5, 2), (-2.5, -2), (-0.4, 0), (8190.6, 8191), (-127.2, -127)]
        {
            assert_eq!(nearest(number), expected, "{number}");
        }
    }
}

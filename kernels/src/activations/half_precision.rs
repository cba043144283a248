//! Rounding to f16.

use half::f16;

/// A number rounded to f16. The library's own conversion asks the processor each time what it
/// can do.
#[inline(always)]
pub(super) fn to_half_and_back(number: f32) -> f32 {
    /// The smallest normal number of f16.
    const NORMAL: f32 = 6.103_515_6e-5;
    if !(NORMAL..=65_504.0).contains(&number) {
        return f16::from_f32(number).to_f32();
    }
    // 13 of the 23 bits go. Half of the last that stays is added before, less one bit if that
    // one is 0: ties go to the even number.
    let bits = number.to_bits();
    let bits = bits + 0x0FFF + (bits >> 13 & 1);
    f32::from_bits(bits & !0x1FFF)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn halves_are_those_of_the_half_crate() {
        // Every half, the middle of two, and the numbers next to that.
        for bits in 0..0x7C00u16 {
            let half = f16::from_bits(bits).to_f32();
            let middle = (half + f16::from_bits(bits + 1).to_f32()) / 2.0;
            for number in [half, middle, middle.next_up(), middle.next_down()] {
                let expected = f16::from_f32(number).to_f32();
                assert_eq!(to_half_and_back(number), expected, "{number}");
            }
        }
    }
}

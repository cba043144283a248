//! Activations in 8 bits.

pub(crate) mod plain;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

use half::f16;

use crate::packed::BLOCK;

/// Quantises a row as ggml does activations (`quantize_row_q8_0`): per block of 32, the
/// scale is the largest magnitude over 127, rounded to f16 once the values are made.
/// Padding up to a whole block is zero. `block` is a form of [`plain::block`].
#[inline(always)]
pub(crate) fn row(
    block: impl Fn(&[f32; BLOCK], &mut [i8; BLOCK]) -> (f32, i32),
    numbers: &[f32],
    values: &mut [i8],
    scales: &mut [f32],
    sums: &mut [i32],
) {
    let values = values.as_chunks_mut::<BLOCK>().0.iter_mut();
    let blocks = numbers.chunks(BLOCK).zip(values).zip(scales.iter_mut().zip(sums));
    for ((numbers, values), (scale, sum)) in blocks {
        let (largest, total) = match numbers.try_into() {
            Ok(numbers) => block(numbers, values),
            Err(_) => {
                let mut padded = [0.0; BLOCK];
                padded[..numbers.len()].copy_from_slice(numbers);
                block(&padded, values)
            }
        };
        (*scale, *sum) = (to_half_and_back(largest / 127.0), total);
    }
}

/// What the numbers of a block are multiplied by, given the largest magnitude.
#[inline(always)]
fn inverse_scale(largest: f32) -> f32 {
    let scale = largest / 127.0;
    if scale > 0.0 { 1.0 / scale } else { 0.0 }
}

/// A number as near as f16 can say it: the library's own conversion asks the processor
/// each time what it can do.
#[inline(always)]
fn to_half_and_back(number: f32) -> f32 {
    /// The smallest number that f16 says with all of its digits.
    const NORMAL: f32 = 6.103_515_6e-5;
    if !(NORMAL..=65_504.0).contains(&number) {
        return f16::from_f32(number).to_f32();
    }
    // 13 of the 23 digits go; half of the last that stays is added, less a bit if it is
    // even.
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
        // Every half, what lies in the middle of two, and what is beside that.
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

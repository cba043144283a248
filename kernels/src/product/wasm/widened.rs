//! Bytes widened to 16 bits, which `i32x4.dot_i16x8_s` multiplies and adds in pairs.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::form::Form;
use super::{many, one};
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::product::part::Part;

/// As [`plain::many`](crate::product::plain::many).
pub(crate) fn many(part: Part<'_>, inputs: ActivationRows<'_>, outputs: &mut [Lanes]) {
    many::many::<Widened, 2, 4>(part, inputs, outputs);
}

/// As [`plain::one`](crate::product::plain::one).
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    one::one::<Widened>(part, inputs, output);
}

/// Weights are the even bytes, then the odd ones, in 16 bits, and so are activations.
struct Widened;

impl Form for Widened {
    type Weights = [v128; 2];
    type Activations = [v128; 2];
    type Sums = v128;

    #[inline(always)]
    fn eight_bits(bytes: v128) -> [v128; 2] {
        Self::weights(bytes)
    }

    #[inline(always)]
    fn weights(bytes: v128) -> [v128; 2] {
        [v128_and(bytes, u16x8_splat(0xFF)), u16x8_shr(bytes, 8)]
    }

    #[inline(always)]
    fn activations(inputs: ActivationRows<'_>) -> *const u8 {
        inputs.values.as_ptr().cast()
    }

    #[inline(always)]
    unsafe fn load_activations(
        block: *const u8,
        [first, second]: [usize; 2],
    ) -> [[v128; 2]; 2] {
        // SAFETY: the caller says that the block has these values, of two bytes each; loads need
        // no alignment.
        unsafe {
            if second == first + 1 {
                let both = v128_load(block.add(8 * first).cast());
                return [
                    [
                        i32x4_shuffle::<0, 0, 0, 0>(both, both),
                        i32x4_shuffle::<1, 1, 1, 1>(both, both),
                    ],
                    [
                        i32x4_shuffle::<2, 2, 2, 2>(both, both),
                        i32x4_shuffle::<3, 3, 3, 3>(both, both),
                    ],
                ];
            }
            [first, second].map(|k| {
                [8 * k, 8 * k + 4].map(|at| v128_load32_splat(block.add(at).cast()))
            })
        }
    }

    #[inline(always)]
    fn zero() -> v128 {
        i32x4_splat(0)
    }

    #[inline(always)]
    fn add(sum: &mut v128, weights: [[v128; 2]; 2], activations: [[v128; 2]; 2]) {
        for (w, a) in weights.into_iter().zip(activations) {
            for (w, a) in w.into_iter().zip(a) {
                *sum = i32x4_add(*sum, i32x4_dot_i16x8(w, a));
            }
        }
    }

    #[inline(always)]
    fn sum(sum: v128) -> v128 {
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::wasm::tests::check;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn sixteen_bits_compute_the_product() {
        check(|_| true, one, many);
    }
}

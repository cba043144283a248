//! Relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add_s` adds four products of bytes to each
//! of four sums. Where a byte of the second operand exceeds seven bits, the result is up
//! to the machine, but always the same there. A probe tells how to take it: x86 with VNNI
//! takes it as unsigned, ARM as signed; others are better off without it.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;
use std::marker::PhantomData;

use super::form::Form;
use super::{many, one};
use crate::activations::ActivationRows;
use crate::packed::BLOCK_COLUMNS;
use crate::packed::scales::Lanes;
use crate::product::part::Part;

/// Whether the browser has relaxed SIMD. Where it has none, the module's instructions of it are
/// replaced before it is compiled: this one by another (`v128.and`), and the others of this file
/// by a trap (`xtask/src/without_relaxed_simd.rs`).
pub(crate) fn has_relaxed_simd() -> bool {
    // Not known to the compiler, so that it is the browser that answers.
    let ones = std::hint::black_box(i8x16_splat(1));
    i16x8_extract_lane::<0>(i16x8_relaxed_dot_i8x16_i7x16(ones, ones)) == 2
}

/// How this machine's dot instruction takes the bytes of its second operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecondOperand {
    /// From 0 to 255.
    Unsigned,
    /// From −128 to 127.
    Signed,
    /// From 0 to 127; of others, the result is not known.
    SevenBits,
}

impl SecondOperand {
    /// Finds out by products of all bytes with the largest activations.
    pub(crate) fn probe() -> SecondOperand {
        let as_it_is = |expected: fn(u8) -> i32| {
            (0..=u8::MAX).all(|byte| {
                [-128, -1, 127].into_iter().all(|value| {
                    // Not known to the compiler, so that it is the machine that answers.
                    let (byte, value) = std::hint::black_box((byte, value));
                    let (a, b) = (i8x16_splat(value), u8x16_splat(byte));
                    let sums = i32x4_relaxed_dot_i8x16_i7x16_add(a, b, i32x4_splat(1));
                    let right = 1 + 4 * i32::from(value) * expected(byte);
                    i32x4_extract_lane::<2>(sums) == right
                })
            })
        };
        if as_it_is(i32::from) {
            SecondOperand::Unsigned
        } else if as_it_is(|byte| i32::from(byte as i8)) {
            SecondOperand::Signed
        } else {
            SecondOperand::SevenBits
        }
    }
}

/// What the dot instruction does on a machine.
pub(crate) trait Machine: Copy {
    /// Whether it takes the bytes of its second operand as from −128 to 127.
    const SIGNED: bool;

    /// `sums` and the products of four bytes each.
    fn dot(activations: v128, weights: v128, sums: v128) -> v128;
}

/// Where the probe says [`SecondOperand::Unsigned`].
#[derive(Clone, Copy)]
pub(crate) struct Unsigned;

/// Where the probe says [`SecondOperand::Signed`].
#[derive(Clone, Copy)]
pub(crate) struct Signed;

impl Machine for Unsigned {
    const SIGNED: bool = false;

    #[inline(always)]
    fn dot(activations: v128, weights: v128, sums: v128) -> v128 {
        i32x4_relaxed_dot_i8x16_i7x16_add(activations, weights, sums)
    }
}

impl Machine for Signed {
    const SIGNED: bool = true;

    #[inline(always)]
    fn dot(activations: v128, weights: v128, sums: v128) -> v128 {
        i32x4_relaxed_dot_i8x16_i7x16_add(activations, weights, sums)
    }
}

/// As [`plain::one`](crate::product::plain::one).
pub(crate) fn one<M: Machine>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    one::one::<Dot<M>>(part, inputs, output);
}

/// As [`plain::many`](crate::product::plain::many).
pub(crate) fn many<M: Machine>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    many::many::<Dot<M>, 2, 2>(part, inputs, outputs);
}

/// Sums are two: of the high bytes of activations, then of the low ones. Where the machine takes
/// bytes as signed, what it multiplies is a stored value of eight bits less 128.
struct Dot<M>(PhantomData<M>);

impl<M: Machine> Form for Dot<M> {
    type Weights = v128;
    type Activations = [v128; 2];
    type Sums = [v128; 2];

    const OFFSET: i32 = if M::SIGNED { 128 } else { 0 };

    #[inline(always)]
    fn eight_bits(bytes: v128) -> v128 {
        if M::SIGNED { v128_xor(bytes, u8x16_splat(128)) } else { bytes }
    }

    #[inline(always)]
    fn weights(bytes: v128) -> v128 {
        bytes
    }

    #[inline(always)]
    fn activations(inputs: ActivationRows<'_>) -> *const u8 {
        inputs.planes.as_ptr().cast()
    }

    #[inline(always)]
    unsafe fn load_activations(block: *const u8, groups: [usize; 2]) -> [[v128; 2]; 2] {
        groups.map(|k| {
            [4 * k, BLOCK_COLUMNS + 4 * k].map(|at| {
                // SAFETY: as the caller says, both bytes of these columns are there; loads
                // need no alignment.
                unsafe { v128_load32_splat(block.add(at).cast()) }
            })
        })
    }

    #[inline(always)]
    fn zero() -> [v128; 2] {
        [i32x4_splat(0); 2]
    }

    #[inline(always)]
    fn add(sums: &mut [v128; 2], weights: [v128; 2], activations: [[v128; 2]; 2]) {
        for (w, a) in weights.into_iter().zip(activations) {
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = M::dot(a, w, *sum);
            }
        }
    }

    #[inline(always)]
    fn sum([high, low]: [v128; 2]) -> v128 {
        i32x4_add(i32x4_shl(high, 8), low)
    }

    #[inline(always)]
    fn multiply_add(a: v128, b: v128, c: v128) -> v128 {
        f32x4_relaxed_madd(a, b, c)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::ValueBits;
    use crate::product::plain;
    use crate::product::wasm::tests::check;
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// A machine that takes bytes as unsigned.
    #[derive(Clone, Copy)]
    struct ExactUnsigned;

    /// A machine that takes bytes as signed.
    #[derive(Clone, Copy)]
    struct ExactSigned;

    impl Machine for ExactUnsigned {
        const SIGNED: bool = false;

        fn dot(activations: v128, weights: v128, sums: v128) -> v128 {
            let low = u16x8_extend_low_u8x16(weights);
            exact(activations, [low, u16x8_extend_high_u8x16(weights)], sums)
        }
    }

    impl Machine for ExactSigned {
        const SIGNED: bool = true;

        fn dot(activations: v128, weights: v128, sums: v128) -> v128 {
            let low = i16x8_extend_low_i8x16(weights);
            exact(activations, [low, i16x8_extend_high_i8x16(weights)], sums)
        }
    }

    fn exact(activations: v128, [w0, w1]: [v128; 2], sums: v128) -> v128 {
        let a0 = i16x8_extend_low_i8x16(activations);
        let a1 = i16x8_extend_high_i8x16(activations);
        let (low, high) = (i32x4_dot_i16x8(w0, a0), i32x4_dot_i16x8(w1, a1));
        let even = i32x4_shuffle::<0, 2, 4, 6>(low, high);
        let odd = i32x4_shuffle::<1, 3, 5, 7>(low, high);
        i32x4_add(sums, i32x4_add(even, odd))
    }

    #[test]
    fn both_ways_to_take_bytes_compute_the_product() {
        check(|_| true, one::<ExactUnsigned>, many::<ExactUnsigned>);
        check(|_| true, one::<ExactSigned>, many::<ExactSigned>);
    }

    #[test]
    fn values_below_seven_bits_are_right_on_every_machine() {
        let bits = |bits| !matches!(bits, ValueBits::Eight | ValueBits::Code);
        check(bits, one::<Unsigned>, plain::many);
        check(bits, one::<Signed>, plain::many);
    }
}

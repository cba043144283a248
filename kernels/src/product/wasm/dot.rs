//! Relaxed SIMD: `i32x4.relaxed_dot_i8x16_i7x16_add_s` adds four products of bytes to each
//! of four sums. Where a byte of the second operand exceeds seven bits, the result is up
//! to the machine, but always the same there. A probe tells how to take it: x86 with VNNI
//! takes it as unsigned, ARM as signed; others are better off with [`pairs`](super::pairs).

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::form::Form;
use super::many;
use super::one::by_kind;
use super::pairs::load_planes;
use crate::activations::ActivationRows;
use crate::packed::scales::Lanes;
use crate::product::part::Part;

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

/// As [`plain::one`](crate::product::plain::one).
/// Right where the probe says [`SecondOperand::Unsigned`], or [`SecondOperand::Signed`].
pub(crate) fn one<const SIGNED: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    output: &mut Lanes,
) {
    by_kind!(Dot<SIGNED>, Dot<SIGNED>, Dot<SIGNED>, part, inputs, output)
}

/// As [`plain::many`](crate::product::plain::many). Right where [`one`] is.
pub(crate) fn many<const SIGNED: bool>(
    part: Part<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut [Lanes],
) {
    many::many::<Dot<SIGNED>, 1>(part, inputs, outputs);
}

/// Sums are two: of the high bytes of activations, then of the low ones. Where the machine takes
/// bytes as signed, what it multiplies is a stored value of eight bits less 128.
struct Dot<const SIGNED: bool>;

impl<const SIGNED: bool> Form for Dot<SIGNED> {
    type Weights = v128;
    type Activations = [v128; 2];
    type Sums = [v128; 2];

    const OFFSET: i32 = if SIGNED { 128 } else { 0 };

    #[inline(always)]
    unsafe fn load_weights(bytes: *const u8) -> v128 {
        // SAFETY: the caller says that there are sixteen bytes; loads need no alignment.
        let bytes = unsafe { v128_load(bytes.cast()) };
        if SIGNED { v128_xor(bytes, u8x16_splat(128)) } else { bytes }
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
        // SAFETY: as the caller says.
        unsafe { load_planes(block, groups) }
    }

    #[inline(always)]
    fn zero() -> [v128; 2] {
        [i32x4_splat(0); 2]
    }

    #[inline(always)]
    fn add(sums: &mut [v128; 2], weights: [v128; 2], activations: [[v128; 2]; 2]) {
        for (w, a) in weights.into_iter().zip(activations) {
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = i32x4_relaxed_dot_i8x16_i7x16_add(a, w, *sum);
            }
        }
    }

    #[inline(always)]
    fn sum([high, low]: [v128; 2]) -> v128 {
        i32x4_add(i32x4_shl(high, 8), low)
    }
}

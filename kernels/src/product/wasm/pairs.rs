//! Relaxed SIMD where the dot product with four bytes to a sum is not one instruction (x86
//! without VNNI): `i16x8.relaxed_dot_i8x16_i7x16_s` adds products in pairs, which is one there.
//! It is exact on every machine, as long as values have up to seven bits and no sum exceeds 16
//! bits: both bytes of activations are from −128 to 127.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use super::form::Form;
use super::one::by_kind;
use super::widened::Widened;
use crate::activations::ActivationRows;
use crate::packed::BLOCK_COLUMNS;
use crate::packed::scales::Lanes;
use crate::product::part::Part;

/// As [`plain::one`](crate::product::plain::one). Values of eight bits are not for pairs.
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    by_kind!(Widened, Pairs, FlushedPairs, part, inputs, output)
}

/// Values of up to four bits: all pairs of a block fit, 15 · 128 · 2 · 8 = 30,720. Sums are two
/// for each row: of the high bytes of activations, then of the low ones.
struct Pairs;

/// Values of up to six bits: the pairs of two groups fit, 63 · 128 · 2 · 2 = 32,256, and then go
/// into 32 bits.
struct FlushedPairs;

impl Form for Pairs {
    type Weights = v128;
    type Activations = [v128; 2];
    type Sums = [v128; 2];

    #[inline(always)]
    unsafe fn load_weights(bytes: *const u8) -> v128 {
        // SAFETY: the caller says that there are sixteen bytes; loads need no alignment.
        unsafe { v128_load(bytes.cast()) }
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
        [i16x8_splat(0); 2]
    }

    #[inline(always)]
    fn add(sums: &mut [v128; 2], weights: [v128; 2], activations: [[v128; 2]; 2]) {
        for (w, a) in weights.into_iter().zip(activations) {
            for (sum, a) in sums.iter_mut().zip(a) {
                *sum = i16x8_add(*sum, i16x8_relaxed_dot_i8x16_i7x16(a, w));
            }
        }
    }

    #[inline(always)]
    fn sum([high, low]: [v128; 2]) -> v128 {
        let high = i32x4_shl(i32x4_extadd_pairwise_i16x8(high), 8);
        i32x4_add(high, i32x4_extadd_pairwise_i16x8(low))
    }
}

impl Form for FlushedPairs {
    type Weights = v128;
    type Activations = [v128; 2];
    type Sums = v128;

    #[inline(always)]
    unsafe fn load_weights(bytes: *const u8) -> v128 {
        // SAFETY: the caller says that there are sixteen bytes; loads need no alignment.
        unsafe { v128_load(bytes.cast()) }
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
    fn zero() -> v128 {
        i32x4_splat(0)
    }

    #[inline(always)]
    fn add(sums: &mut v128, weights: [v128; 2], activations: [[v128; 2]; 2]) {
        let mut pairs = Pairs::zero();
        Pairs::add(&mut pairs, weights, activations);
        *sums = i32x4_add(*sums, Pairs::sum(pairs));
    }

    #[inline(always)]
    fn sum(sums: v128) -> v128 {
        sums
    }
}

/// Of each of two groups, four high bytes of activations, four times, then low ones.
///
/// # Safety
/// They must be there.
#[inline(always)]
pub(super) unsafe fn load_planes(block: *const u8, groups: [usize; 2]) -> [[v128; 2]; 2] {
    groups.map(|k| {
        [4 * k, BLOCK_COLUMNS + 4 * k].map(|at| {
            // SAFETY: as the caller says, both bytes of these columns are there; loads need no
            // alignment.
            unsafe { v128_load32_splat(block.add(at).cast()) }
        })
    })
}

//! A vector's stored values to signed bytes; see `packed::values` for how they are stored.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::aarch64::*;

use crate::packed::{Codebook, GROUP_BYTES};

/// Vectors of the four groups of columns of each half of a block.
type Halves = [[int8x16_t; 4]; 2];

/// How values of BITS bits become bytes; 0 stands for entries of a codebook.
pub(super) struct Stored<const BITS: u8> {
    offset: uint8x16_t,
    entries: int8x16_t,
}

impl<const BITS: u8> Stored<BITS> {
    /// Whether values come with their signs. Others are still to be lessened by the offset.
    pub(super) const HAS_SIGNS: bool = matches!(BITS, 0 | 8);

    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) fn new(offset: i32, codebook: &Codebook) -> Stored<BITS> {
        // SAFETY: a codebook is sixteen bytes, and the load needs no alignment.
        let entries = unsafe { vld1q_s8(codebook.as_ptr()) };
        Stored { offset: vdupq_n_u8(offset as u8), entries }
    }

    /// The values of a vector's rows in a block.
    ///
    /// # Safety
    /// At `values` the vector's bytes must begin, of which a block has sixteen in each group of
    /// 64, and as many groups as values have bits (or four).
    #[target_feature(enable = "neon")]
    #[inline]
    pub(super) unsafe fn load(&self, values: *const u8) -> Halves {
        // SAFETY: the caller says that there are as many groups.
        unsafe {
            match BITS {
                0 => nibbles(values)
                    .map(|half| half.map(|code| vqtbl1q_s8(self.entries, code))),
                2 => two_bits(values),
                3 => three_bits(values),
                4 => signed(nibbles(values)),
                5 => five_bits(values),
                6 => six_bits(values),
                8 => eight_bits(values, self.offset),
                bits => unreachable!("values of {bits} bits"),
            }
        }
    }
}

/// Values in eight bits, less the offset.
///
/// # Safety
/// As for [`group`], for the groups 0 to 7.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn eight_bits(values: *const u8, offset: uint8x16_t) -> Halves {
    // What is left of a byte after its offset, modulo 256, is its value as a signed byte.
    signed([0, 4].map(|first| {
        // SAFETY: the caller says that there are eight groups.
        [0, 1, 2, 3].map(|k| unsafe { vsubq_u8(group(values, first + k), offset) })
    }))
}

/// Values in five bits.
///
/// # Safety
/// As for [`group`], for the groups 0 to 4.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn five_bits(values: *const u8) -> Halves {
    // SAFETY: the caller says that there is a fifth group after those of nibbles.
    let fifth = unsafe { group(values, 4) };
    // SAFETY: the caller says that there are four groups of nibbles.
    unsafe { nibbles_and_above(values, 1, |k, to| moved(fifth, to - k)) }
}

/// Values in six bits.
///
/// # Safety
/// As for [`group`], for the groups 0 to 5.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn six_bits(values: *const u8) -> Halves {
    // SAFETY: the caller says that there are two groups after those of nibbles.
    let above = unsafe { [group(values, 4), group(values, 5)] };
    let above = |k: i8, to| moved(above[k as usize / 4], to - 2 * (k % 4));
    // SAFETY: the caller says that there are four groups of nibbles.
    unsafe { nibbles_and_above(values, 3, above) }
}

/// Values in two bits.
///
/// # Safety
/// As for [`group`], for the groups 0 to 1.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn two_bits(values: *const u8) -> Halves {
    signed([0, 1].map(|half| {
        // SAFETY: the caller says that there are two groups.
        let pairs = unsafe { group(values, half) };
        [0, 1, 2, 3].map(|k| vandq_u8(moved(pairs, -2 * k), vdupq_n_u8(3)))
    }))
}

/// Values in three bits.
///
/// # Safety
/// As for [`group`], for the groups 0 to 2.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn three_bits(values: *const u8) -> Halves {
    // SAFETY: the caller says that there is a third group after those of pairs of bits.
    let third = unsafe { group(values, 2) };
    signed([0, 4].map(|first| {
        // SAFETY: the caller says that there are two groups of pairs.
        let pairs = unsafe { group(values, first as usize / 4) };
        [0, 1, 2, 3].map(|k| {
            let third = moved(third, -(first + k));
            vandq_u8(vsliq_n_u8::<2>(moved(pairs, -2 * k), third), vdupq_n_u8(7))
        })
    }))
}

/// Nibbles of four groups: the low ones, and the high ones.
///
/// # Safety
/// As for [`group`], for the groups 0 to 3.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn nibbles(values: *const u8) -> [[uint8x16_t; 4]; 2] {
    // SAFETY: the caller says that there are four groups.
    let groups = [0, 1, 2, 3].map(|k| unsafe { group(values, k) });
    [
        groups.map(|group| vandq_u8(group, vdupq_n_u8(15))),
        groups.map(|group| vshrq_n_u8::<4>(group)),
    ]
}

/// Nibbles with the bits above them, of which `bits` is what they are at most. `above` gives
/// those of a group of columns from a bit on, with any bits beside them.
///
/// # Safety
/// As for [`group`], for the groups 0 to 3.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn nibbles_and_above(
    values: *const u8,
    bits: u8,
    above: impl Fn(i8, i8) -> uint8x16_t,
) -> Halves {
    // SAFETY: the caller says that there are four groups.
    let nibbles = |k: i8| unsafe { group(values, k as usize % 4) };
    // An instruction shifts one operand and keeps the other's bits where nothing is shifted to.
    let low = |k| {
        let all = vsliq_n_u8::<4>(nibbles(k), above(k, 0));
        vandq_u8(all, vdupq_n_u8(bits << 4 | 15))
    };
    let high = |k| {
        let above = vandq_u8(above(k, 4), vdupq_n_u8(bits << 4));
        vsriq_n_u8::<4>(above, nibbles(k))
    };
    signed([[0, 1, 2, 3].map(low), [4, 5, 6, 7].map(high)])
}

/// A vector's bytes of a group.
///
/// # Safety
/// They must be there, from `values` on 64 bytes from each other.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn group(values: *const u8, group: usize) -> uint8x16_t {
    // SAFETY: the caller says that they are there, and the load needs no alignment.
    unsafe { vld1q_u8(values.add(group * GROUP_BYTES)) }
}

/// Bytes whose bits are moved up, or down if `by` is negative. As it is known when this is
/// compiled, it becomes a shift by a fixed number.
#[target_feature(enable = "neon")]
#[inline]
fn moved(bytes: uint8x16_t, by: i8) -> uint8x16_t {
    vshlq_u8(bytes, vdupq_n_s8(by))
}

/// Bytes below 128, or differences modulo 256, as signed bytes.
#[target_feature(enable = "neon")]
#[inline]
fn signed(halves: [[uint8x16_t; 4]; 2]) -> Halves {
    halves.map(|half| half.map(|vector| vreinterpretq_s8_u8(vector)))
}

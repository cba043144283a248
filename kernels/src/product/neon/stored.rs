//! A vector's stored values to signed bytes; see `packed::values` for how they are stored.
//! Each function gives those of four groups of columns for each half of the block.
//!
//! All of them are unsafe alike: `values` must be the first of a vector's sixteen bytes in a
//! block with values in that many bits, of which it has sixteen in each group of 64.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::aarch64::*;

use crate::packed::GROUP_BYTES;

/// Vectors of the four groups of columns of each half.
type Halves = [[int8x16_t; 4]; 2];

/// Values in eight bits, less the offset.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn eight_bits(values: *const u8, offset: uint8x16_t) -> Halves {
    // What is left of a byte after its offset, modulo 256, is its value as a signed byte.
    signed([0, 4].map(|first| {
        // SAFETY: there are eight groups.
        [0, 1, 2, 3].map(|k| unsafe { vsubq_u8(group(values, first + k), offset) })
    }))
}

/// Values in four bits.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn four_bits(values: *const u8) -> Halves {
    // SAFETY: there are four groups of nibbles.
    signed(unsafe { nibbles(values) })
}

/// Entries of a codebook, by their numbers.
///
/// # Safety
/// As this module says, for values in four bits.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn codes(values: *const u8, entries: int8x16_t) -> Halves {
    // SAFETY: there are four groups of nibbles.
    unsafe { nibbles(values) }.map(|half| half.map(|code| vqtbl1q_s8(entries, code)))
}

/// Values in five bits.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn five_bits(values: *const u8) -> Halves {
    // SAFETY: there are four groups of nibbles, and a fifth one.
    let (nibbles, fifth) = unsafe { (nibbles(values), group(values, 4)) };
    let put = |nibble, k| insert(nibble, 1 << 4, moved(fifth, 4 - k));
    signed(with_groups(nibbles, put))
}

/// Values in six bits.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn six_bits(values: *const u8) -> Halves {
    // SAFETY: there are four groups of nibbles, and two more.
    let (nibbles, above) =
        unsafe { (nibbles(values), [group(values, 4), group(values, 5)]) };
    let put = |nibble, k: i8| {
        insert(nibble, 3 << 4, moved(above[k as usize / 4], 4 - 2 * (k % 4)))
    };
    signed(with_groups(nibbles, put))
}

/// Values in two bits.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn two_bits(values: *const u8) -> Halves {
    // SAFETY: there are two groups.
    signed(unsafe { pairs_of_bits(values) })
}

/// Values in three bits.
///
/// # Safety
/// As this module says.
#[target_feature(enable = "neon")]
#[inline]
pub(super) unsafe fn three_bits(values: *const u8) -> Halves {
    // SAFETY: there are two groups of pairs of bits, and a third one.
    let (pairs, third) = unsafe { (pairs_of_bits(values), group(values, 2)) };
    let put = |pair, k| insert(pair, 1 << 2, moved(third, 2 - k));
    signed(with_groups(pairs, put))
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

/// Two bits each of two groups.
///
/// # Safety
/// As for [`group`], for the groups 0 and 1.
#[target_feature(enable = "neon")]
#[inline]
unsafe fn pairs_of_bits(values: *const u8) -> [[uint8x16_t; 4]; 2] {
    [0, 1].map(|half| {
        // SAFETY: the caller says that there are two groups.
        let group = unsafe { group(values, half) };
        [0, 2, 4, 6].map(|at| vandq_u8(moved(group, -at), vdupq_n_u8(3)))
    })
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

/// All vectors together with the numbers of their groups.
#[target_feature(enable = "neon")]
#[inline]
fn with_groups(
    vectors: [[uint8x16_t; 4]; 2],
    put: impl Fn(uint8x16_t, i8) -> uint8x16_t,
) -> [[uint8x16_t; 4]; 2] {
    let [[a, b, c, d], [e, f, g, h]] = vectors;
    [
        [put(a, 0), put(b, 1), put(c, 2), put(d, 3)],
        [put(e, 4), put(f, 5), put(g, 6), put(h, 7)],
    ]
}

/// Bytes whose bits are moved up, or down if `by` is negative. As it is known when this is
/// compiled, it becomes a shift by a fixed number.
#[target_feature(enable = "neon")]
#[inline]
fn moved(bytes: uint8x16_t, by: i8) -> uint8x16_t {
    vshlq_u8(bytes, vdupq_n_s8(by))
}

/// Bytes with some of their bits those of others.
#[target_feature(enable = "neon")]
#[inline]
fn insert(bytes: uint8x16_t, bits: u8, others: uint8x16_t) -> uint8x16_t {
    vbslq_u8(vdupq_n_u8(bits), others, bytes)
}

/// Bytes below 128, or differences modulo 256, as signed bytes.
#[target_feature(enable = "neon")]
#[inline]
fn signed(halves: [[uint8x16_t; 4]; 2]) -> Halves {
    halves.map(|half| half.map(|vector| vreinterpretq_s8_u8(vector)))
}

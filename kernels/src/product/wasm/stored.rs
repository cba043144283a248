//! Stored values of less than eight bits, as vectors of bytes; see `packed::values` for how they
//! lie.

#![allow(unsafe_code, reason = "vector loads")]

use std::arch::wasm32::*;

use crate::packed::GROUP_BYTES;

/// The number that kernels are compiled for where values are numbers of entries in a codebook.
/// All others are the bits of a value.
pub(super) const CODE: u8 = 0;
pub(super) const EIGHT: u8 = 8;

/// Groups of bytes that a block has.
pub(super) const fn groups(bits: u8) -> usize {
    if bits == CODE { 4 } else { bits as usize }
}

/// The values of group `k` for four rows. `block` is where the block's bytes of these rows
/// begin, and `entries` the codebook.
///
/// # Safety
/// From `block` on, there must be sixteen bytes in every group of the block.
#[inline(always)]
pub(super) unsafe fn load<const BITS: u8>(
    block: *const u8,
    k: usize,
    entries: v128,
) -> v128 {
    let group = |group: usize| {
        // SAFETY: the group is one of the block, for which the caller vouches; loads need no
        // alignment.
        unsafe { v128_load(block.add(group * GROUP_BYTES).cast()) }
    };
    let nibble = || bits::<15>(group(k % 4), 4 * (k / 4), 0);
    match BITS {
        2 => bits::<3>(group(k / 4), 2 * (k % 4), 0),
        3 => {
            let low = bits::<3>(group(k / 4), 2 * (k % 4), 0);
            v128_or(low, bits::<4>(group(2), k, 2))
        }
        4 => nibble(),
        5 => v128_or(nibble(), bits::<16>(group(4), k, 4)),
        6 => v128_or(nibble(), bits::<48>(group(4 + k / 4), 2 * (k % 4), 4)),
        _ => look_up(entries, nibble()),
    }
}

/// Bits of every byte, moved from the position `from` to `to`, where MASK has them.
#[inline(always)]
fn bits<const MASK: u8>(bytes: v128, from: usize, to: usize) -> v128 {
    let moved = if from > to {
        u16x8_shr(bytes, (from - to) as u32)
    } else if from < to {
        i16x8_shl(bytes, (to - from) as u32)
    } else {
        bytes
    };
    v128_and(moved, u8x16_splat(MASK))
}

/// The entries less `offset`.
#[inline(always)]
pub(super) fn entries(entries: [u8; 16], offset: i32) -> v128 {
    // SAFETY: there are sixteen bytes, and loads need no alignment.
    let entries = unsafe { v128_load(entries.as_ptr().cast()) };
    i8x16_sub(entries, i8x16_splat(offset as i8))
}

/// The entries of numbers up to 15.
#[inline(always)]
fn look_up(entries: v128, numbers: v128) -> v128 {
    #[cfg(target_feature = "relaxed-simd")]
    return i8x16_relaxed_swizzle(entries, numbers);
    #[cfg(not(target_feature = "relaxed-simd"))]
    i8x16_swizzle(entries, numbers)
}

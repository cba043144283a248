//! Hints to fetch memory early.

use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

/// How far ahead of the weights that are being read: a page. A single token reads each weight
/// once, and what processors fetch by themselves ends with the page that is being read.
const PREFETCH_BYTES: usize = 4096;

/// Asks for what lies a page after some weights.
#[inline]
#[allow(unsafe_code, reason = "a hint")]
pub(super) fn prefetch(weights: *const u8) {
    let ahead = weights.wrapping_add(PREFETCH_BYTES);
    // SAFETY: every x86-64 has this instruction, and it accesses no memory that a program
    // could notice, whatever the address is.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead.cast()) };
}

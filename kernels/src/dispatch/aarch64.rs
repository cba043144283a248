//! Processors of ARM with 64 bits.

use std::arch::is_aarch64_feature_detected;

use super::kernels::Kernels;
use super::operations::operations;
use crate::packed::scales::plain::bytes;
use crate::product::neon;

operations!(
    with_neon,
    "NEON",
    "neon,dotprod",
    Some(neon::one),
    neon::many,
    neon::halves,
    bytes,
    plain,
    plain
);

/// Those that this processor can run, the fastest first.
#[allow(unsafe_code, reason = "the processor is asked")]
pub(super) fn kernels() -> Vec<Kernels> {
    if is_aarch64_feature_detected!("neon") && is_aarch64_feature_detected!("dotprod") {
        // SAFETY: the processor has both features that the functions are compiled for.
        vec![unsafe { Kernels::new(with_neon::OPERATIONS) }]
    } else {
        Vec::new()
    }
}

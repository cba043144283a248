//! The reference, which every machine runs.

use super::kernels::Kernels;
use super::operations::operations;
use crate::packed::scales::plain as scales;
use crate::product::plain;

operations!(plain_rust, "plain", , Some(plain::one), plain::many, scales::halves, scales::bytes, plain, plain);

#[allow(unsafe_code, reason = "functions without features")]
pub(super) fn kernels() -> Kernels {
    // SAFETY: they are compiled for no feature that has to be detected.
    unsafe { Kernels::new(plain_rust::OPERATIONS) }
}

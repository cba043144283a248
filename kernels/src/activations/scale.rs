//! What turns numbers into 8-bit values.

/// What the numbers of a block are multiplied by, given the largest magnitude.
#[inline(always)]
pub(super) fn inverse_scale(largest: f32) -> f32 {
    let scale = largest / 127.0;
    if scale > 0.0 { 1.0 / scale } else { 0.0 }
}

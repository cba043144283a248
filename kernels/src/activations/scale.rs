//! What turns numbers into 16-bit values.

/// The largest value: 127 · 256 + 127, so that both bytes of a value, taken as signed numbers,
/// are from −127 to 127.
pub(super) const LARGEST: f32 = 32_639.0;

/// What the numbers of a block are multiplied by, given the largest magnitude. Where that is
/// too small for an f32 to have its inverse, or infinite, all values are 0.
#[inline(always)]
pub(super) fn inverse_scale(largest: f32) -> f32 {
    let inverse = LARGEST / largest;
    if inverse < f32::INFINITY { inverse } else { 0.0 }
}

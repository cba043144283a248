//! The reference, in a form that compilers turn into wide vectors.

use super::scale::inverse_scale;
use crate::numeric::{LANES, fold_lanes, largest_magnitude, nearest};
use crate::packed::BLOCK_COLUMNS;

/// Quantises a block. Returns its largest magnitude, and the sum of the values.
#[inline(always)]
pub(crate) fn block(
    numbers: &[f32; BLOCK_COLUMNS],
    values: &mut [i8; BLOCK_COLUMNS],
) -> (f32, i32) {
    let largest = largest_magnitude(numbers);
    let inverse = inverse_scale(largest);
    let mut integers = [0i32; BLOCK_COLUMNS];
    for (integer, number) in integers.iter_mut().zip(numbers) {
        *integer = nearest(number * inverse);
    }
    let mut sums = [0i32; LANES];
    for integers in integers.as_chunks::<LANES>().0 {
        for (sum, integer) in sums.iter_mut().zip(integers) {
            // Of the low byte: NaN gives any bits at all.
            *sum += integer << 24 >> 24;
        }
    }
    for (value, integer) in values.iter_mut().zip(&integers) {
        *value = *integer as i8;
    }
    (largest, fold_lanes(sums, |a, b| a + b))
}

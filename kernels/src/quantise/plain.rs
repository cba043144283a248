//! The reference, in a form that compilers for processors with wide vectors make use of.

use super::inverse_scale;
use crate::packed::BLOCK;
use crate::rounding::{LANES, fold_lanes, largest_magnitude, nearest};

/// The values of a block; gives its largest magnitude, and the sum of the values.
#[inline(always)]
pub(crate) fn block(numbers: &[f32; BLOCK], values: &mut [i8; BLOCK]) -> (f32, i32) {
    let largest = largest_magnitude(numbers);
    let inverse = inverse_scale(largest);
    let mut integers = [0i32; BLOCK];
    for (integer, number) in integers.iter_mut().zip(numbers) {
        *integer = nearest(number * inverse);
    }
    let mut sums = [0i32; LANES];
    for integers in integers.as_chunks::<LANES>().0 {
        for (sum, integer) in sums.iter_mut().zip(integers) {
            // Of the byte, as what is no number has any bits at all.
            *sum += integer << 24 >> 24;
        }
    }
    for (value, integer) in values.iter_mut().zip(&integers) {
        *value = *integer as i8;
    }
    (largest, fold_lanes(sums, |a, b| a + b))
}

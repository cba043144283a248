//! The reference, in a form that compilers turn into wide vectors.

use super::scale::inverse_scale;
use crate::numeric::{LANES, fold_lanes, largest_magnitude, nearest};
use crate::packed::{BLOCK_COLUMNS, HALF_COLUMNS};

/// Quantises a block. Returns its largest magnitude, and the sum of the values of each half.
#[inline(always)]
pub(crate) fn block(
    numbers: &[f32; BLOCK_COLUMNS],
    values: &mut [i16; BLOCK_COLUMNS],
) -> (f32, [i32; 2]) {
    let largest = largest_magnitude(numbers);
    let inverse = inverse_scale(largest);
    let mut integers = [0i32; BLOCK_COLUMNS];
    for (integer, number) in integers.iter_mut().zip(numbers) {
        // Of the low bits: NaN gives any bits at all.
        *integer = nearest(number * inverse) << 16 >> 16;
    }
    let mut sums = [0; 2];
    for (sum, half) in sums.iter_mut().zip(integers.as_chunks::<HALF_COLUMNS>().0) {
        let mut lanes = [0i32; LANES];
        for integers in half.as_chunks::<LANES>().0 {
            for (lane, integer) in lanes.iter_mut().zip(integers) {
                *lane += integer;
            }
        }
        *sum = fold_lanes(lanes, |a, b| a + b);
    }
    for (value, integer) in values.iter_mut().zip(&integers) {
        *value = *integer as i16;
    }
    (largest, sums)
}

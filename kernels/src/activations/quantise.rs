//! A row of numbers to 8-bit values.

use super::half_precision::to_half_and_back;
use crate::packed::BLOCK_COLUMNS;

/// Quantises a row as ggml does activations (`quantize_row_q8_0`): per block of 32, the
/// scale is the largest magnitude over 127, rounded to f16 after the values are made.
/// Padding up to a whole block is zero. `block` is [`plain::block`](super::plain::block) or
/// another implementation of it.
#[inline(always)]
pub(crate) fn quantise_row(
    block: impl Fn(&[f32; BLOCK_COLUMNS], &mut [i8; BLOCK_COLUMNS]) -> (f32, i32),
    numbers: &[f32],
    values: &mut [i8],
    scales: &mut [f32],
    sums: &mut [i32],
) {
    let values = values.as_chunks_mut::<BLOCK_COLUMNS>().0.iter_mut();
    let blocks =
        numbers.chunks(BLOCK_COLUMNS).zip(values).zip(scales.iter_mut().zip(sums));
    for ((numbers, values), (scale, sum)) in blocks {
        let (largest, total) = match numbers.try_into() {
            Ok(numbers) => block(numbers, values),
            Err(_) => {
                let mut padded = [0.0; BLOCK_COLUMNS];
                padded[..numbers.len()].copy_from_slice(numbers);
                block(&padded, values)
            }
        };
        (*scale, *sum) = (to_half_and_back(largest / 127.0), total);
    }
}

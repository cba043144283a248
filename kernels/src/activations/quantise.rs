//! A row of numbers to 16-bit values.

use super::planes::arrange;
use super::rows::ActivationRowMut;
use super::scale::LARGEST;
use crate::packed::BLOCK_COLUMNS;

/// Quantises a row: per block of 32, the scale is the largest magnitude over 32,639. Padding
/// up to a whole block is zero. `block` is [`plain::block`](super::plain::block) or another
/// implementation of it.
#[inline(always)]
pub(crate) fn quantise_row(
    block: impl Fn(&[f32; BLOCK_COLUMNS], &mut [i16; BLOCK_COLUMNS]) -> (f32, [i32; 2]),
    numbers: &[f32],
    row: &mut ActivationRowMut<'_>,
) {
    let blocks = row.values.as_chunks_mut::<BLOCK_COLUMNS>().0.iter_mut();
    let planes = row.planes.chunks_exact_mut(2 * BLOCK_COLUMNS);
    let sums = row.sums.as_chunks_mut::<2>().0.iter_mut();
    let totals = row.totals.as_chunks_mut::<2>().0.iter_mut();
    let of_blocks = blocks.zip(planes).zip(sums.zip(totals).zip(row.scales.iter_mut()));
    let mut rest = numbers;
    for ((values, planes), ((sums, totals), scale)) in of_blocks {
        let largest;
        (largest, *sums) = match rest.split_first_chunk() {
            Some((numbers, after)) => {
                rest = after;
                block(numbers, values)
            }
            None => {
                let mut padded = [0.0; BLOCK_COLUMNS];
                padded[..rest.len()].copy_from_slice(rest);
                rest = &[];
                block(&padded, values)
            }
        };
        arrange(values, planes);
        *scale = largest / LARGEST;
        *totals = sums.map(|sum| sum as f32 * *scale);
    }
}

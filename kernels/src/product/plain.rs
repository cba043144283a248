//! The reference: what the other forms must compute.

use super::part::Part;
use crate::activations::{ActivationRows, COLUMN_ORDER};
use crate::packed::scales::Lanes;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, TILE_ROWS, ValueBits, values};

/// Adds to the output of each row of activations, for each row of the tile, the sum over the
/// blocks, or halves of them, of scale · scale · (dot − offset · sum) + minimum · total.
#[inline(always)]
pub(crate) fn many(part: Part<'_>, inputs: ActivationRows<'_>, outputs: &mut [Lanes]) {
    part.check(inputs, inputs.count());
    for (token, output) in outputs[..inputs.count()].iter_mut().enumerate() {
        one(part, inputs.part(token, 1), output);
    }
}

/// As [`many`], for one row of activations and values in any number of bits.
#[inline(always)]
pub(crate) fn one(part: Part<'_>, inputs: ActivationRows<'_>, output: &mut Lanes) {
    part.check(inputs, 1);
    let pieces = if part.by_halves { 2 } else { 1 };
    let stored = part.values.chunks_exact(part.bits.tile_bytes()).take(part.blocks);
    for (index, stored) in stored.enumerate() {
        let block = part.first + index;
        let activations = &inputs.values[block * BLOCK_COLUMNS..][..BLOCK_COLUMNS];
        let (sums, totals) =
            (&inputs.sums[2 * block..][..2], &inputs.totals[2 * block..][..2]);
        for piece in 0..pieces {
            let (sum, total) = match part.by_halves {
                true => (sums[piece], totals[piece]),
                false => (sums[0] + sums[1], totals[0] + totals[1]),
            };
            let mut dots = [-part.offset * sum; TILE_ROWS];
            let groups = BLOCK_COLUMNS / 4 / pieces;
            for k in piece * groups..(piece + 1) * groups {
                let mut group = [0; GROUP_BYTES];
                load(&part, stored, k, &mut group);
                for (dot, weights) in dots.iter_mut().zip(group.chunks_exact(4)) {
                    for (at, column) in COLUMN_ORDER.into_iter().enumerate() {
                        let activation = i32::from(activations[4 * k + at]);
                        *dot += i32::from(weights[column]) * activation;
                    }
                }
            }
            let at = index * pieces + piece;
            for (row, (output, dot)) in output.iter_mut().zip(dots).enumerate() {
                let scale = part.scales[at][row] * inputs.scales[block];
                *output += dot as f32 * scale;
                if let Some(minima) = part.minima.get(at) {
                    *output += minima[row] * total;
                }
            }
        }
    }
}

/// The stored values of a group in eight bits.
#[inline(always)]
fn load(part: &Part<'_>, stored: &[u8], k: usize, group: &mut [u8; GROUP_BYTES]) {
    values::load(part.bits, stored, k, 0, group);
    if part.bits == ValueBits::Code {
        for byte in group {
            let entry = i32::from(part.codebook[usize::from(*byte)]);
            *byte = (entry + part.offset) as u8;
        }
    }
}

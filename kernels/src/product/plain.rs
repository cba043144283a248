//! The reference: what the other forms must compute.

use half::f16;

use super::tile_product::Outputs;
use crate::activations::ActivationRows;
use crate::packed::{BLOCK_COLUMNS, GROUP_BYTES, PackedFormat, TILE_ROWS, Tile};

/// For each row of activations and each row of the tile: the sum over the blocks of
/// scale · scale · (dot − offset · sum).
pub(crate) fn q8(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    each_block(PackedFormat::Q8, tile, inputs, outputs, |group, values, sums| {
        let activations = &values[4 * group.0..];
        for (sum, weights) in sums.iter_mut().zip(group.1.chunks_exact(4)) {
            for (weight, activation) in weights.iter().zip(activations) {
                *sum += i32::from(*weight) * i32::from(*activation);
            }
        }
    });
}

/// As [`q8`], for four bits.
pub(crate) fn q4(tile: Tile<'_>, inputs: ActivationRows<'_>, outputs: &mut Outputs) {
    each_block(PackedFormat::Q4, tile, inputs, outputs, |group, values, sums| {
        let (low, high) =
            (&values[4 * group.0..], &values[BLOCK_COLUMNS / 2 + 4 * group.0..]);
        for (sum, weights) in sums.iter_mut().zip(group.1.chunks_exact(4)) {
            for ((weights, low), high) in weights.iter().zip(low).zip(high) {
                *sum += i32::from(weights & 15) * i32::from(*low);
                *sum += i32::from(weights >> 4) * i32::from(*high);
            }
        }
    });
}

/// Adds up the blocks; `add` adds the products of one group of columns to the rows' sums.
fn each_block(
    format: PackedFormat,
    tile: Tile<'_>,
    inputs: ActivationRows<'_>,
    outputs: &mut Outputs,
    add: impl Fn((usize, &[u8]), &[i8], &mut [i32; TILE_ROWS]),
) {
    let blocks = inputs.blocks;
    let rows = inputs.values.chunks_exact(blocks * BLOCK_COLUMNS);
    let scales = inputs.scales.chunks_exact(blocks);
    let sums = inputs.sums.chunks_exact(blocks);
    for (((row, scales), sums), output) in rows.zip(scales).zip(sums).zip(outputs) {
        *output = [0.0; TILE_ROWS];
        for block in 0..blocks {
            let mut dots = [-format.offset() * sums[block]; TILE_ROWS];
            let values = &row[block * BLOCK_COLUMNS..][..BLOCK_COLUMNS];
            let tile_bytes = format.tile_bytes();
            let weights = &tile.values[block * tile_bytes..][..tile_bytes];
            for group in weights.chunks_exact(GROUP_BYTES).enumerate() {
                add(group, values, &mut dots);
            }
            let weight_scales = &tile.scales[block * TILE_ROWS..][..TILE_ROWS];
            for ((output, dot), scale) in output.iter_mut().zip(dots).zip(weight_scales) {
                let scale = f16::from_bits(*scale).to_f32() * scales[block];
                *output += dot as f32 * scale;
            }
        }
    }
}

//! The numbers of a GGUF file's rows, whatever their format: blocks are decoded by the
//! kernels' own code, so that a value is the same wherever it is used.

use std::borrow::Cow;

use candle_core::quantized::GgmlDType;
use half::{bf16, f16};
use kernels::{PackError, PackedFormat, TILE_ROWS};

use crate::error::{ModelFileError, Result};
use crate::gguf::{TensorInfo, TensorType};
use crate::memory;

/// Decodes the bytes of whole rows into f32, [rows, columns], which is the length of
/// `numbers`. `tensor` is the one that they are of.
///
/// # Errors
/// If a block's scale is NaN or infinite, or there is no memory.
pub(super) fn decode(
    tensor: &TensorInfo,
    columns: usize,
    bytes: &[u8],
    numbers: &mut [f32],
) -> Result<()> {
    match tensor.format {
        TensorType::F32 => {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = f32::from_le_bytes(*bytes);
            }
        }
        TensorType::F16 => {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = f16::from_le_bytes(*bytes).to_f32();
            }
        }
        TensorType::Bf16 => {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = bf16::from_le_bytes(*bytes).to_f32();
            }
        }
        TensorType::Blocks(format) if columns > 0 => {
            let row_bytes = columns / format.block_columns() * format.ggml_block_bytes();
            let mut tile = memory::packed(format, TILE_ROWS, columns)?;
            let tiles = numbers.chunks_mut(TILE_ROWS * columns);
            for (numbers, bytes) in tiles.zip(bytes.chunks(TILE_ROWS * row_bytes)) {
                let set = tile.set_rows_from_ggml(0, bytes);
                set.map_err(|error| not_finite(tensor, error))?;
                for (row, numbers) in numbers.chunks_exact_mut(columns).enumerate() {
                    tile.row(row, numbers);
                }
            }
        }
        TensorType::Blocks(_) => {}
    }
    Ok(())
}

/// The error of a tensor with NaN or infinity.
pub(super) fn not_finite(tensor: &TensorInfo, error: PackError) -> ModelFileError {
    ModelFileError::Weights(format!("the tensor {} is damaged: {error}", tensor.name))
}

/// The candle format of blocks that candle can multiply with, in rows of `columns`: it
/// needs an even number of some kinds in a row, and does not know all.
pub(super) fn candle_format(format: PackedFormat, columns: usize) -> Option<GgmlDType> {
    let even = (columns / format.block_columns()).is_multiple_of(2);
    Some(match format {
        PackedFormat::Q4_0 => GgmlDType::Q4_0,
        PackedFormat::Q8_0 => GgmlDType::Q8_0,
        PackedFormat::Q4_1 if even => GgmlDType::Q4_1,
        PackedFormat::Q5_0 if even => GgmlDType::Q5_0,
        PackedFormat::Q5_1 if even => GgmlDType::Q5_1,
        PackedFormat::Q2K => GgmlDType::Q2K,
        PackedFormat::Q3K => GgmlDType::Q3K,
        PackedFormat::Q4K => GgmlDType::Q4K,
        PackedFormat::Q5K => GgmlDType::Q5K,
        PackedFormat::Q6K => GgmlDType::Q6K,
        _ => return None,
    })
}

/// The part of a tensor of all experts, one after the other, that is one of them.
pub(super) fn part_of_expert(all: &TensorInfo, expert: usize) -> Result<TensorInfo> {
    let mut part = all.clone();
    if part.shape.len() < 2 || expert >= part.shape[0] {
        let name = &all.name;
        let what = format!("the tensor {name} has no expert {expert}");
        return Err(ModelFileError::Weights(what));
    }
    part.bytes /= part.shape.remove(0);
    part.offset += expert * part.bytes;
    Ok(part)
}

/// The bytes at an address that is aligned for blocks of any format; copied if theirs is
/// not.
pub(super) fn aligned(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const ALIGNMENT: usize = 4;
    if bytes.as_ptr().align_offset(ALIGNMENT) == 0 {
        return bytes;
    }
    // A byte vector of this size comes from the allocator aligned to a word at least.
    Cow::Owned(bytes.to_vec())
}

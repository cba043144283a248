//! The matrix from the narrow projection to keys and values of latent attention, put together
//! from the two that GGUF files since 2025 have: those of keys are stored the other way around.

use kernels::{PackedFormat, PackedMatrix};

use crate::config::Latent;
use crate::error::{ModelFileError, Result};
use crate::memory;

/// The sizes of latent attention: N heads, D − R channels of a key, and the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    heads: usize,
    plain: usize,
    value_width: usize,
    rank: usize,
}

impl Sizes {
    pub(super) fn of(latent: &Latent, heads: usize, head_dim: usize) -> Sizes {
        let Latent { rank, value_width, .. } = *latent;
        Sizes { heads, plain: latent.plain(head_dim), value_width, rank }
    }

    /// The shapes of the matrices of keys and of values.
    pub(super) fn shapes(&self) -> [[usize; 3]; 2] {
        let Sizes { heads, plain, value_width, rank } = *self;
        [[heads, rank, plain], [heads, value_width, rank]]
    }

    /// The whole matrix, [N · (D − R + value width), rank].
    ///
    /// # Errors
    /// If it does not fit in memory.
    pub(super) fn joined(&self, keys: &[f32], values: &[f32]) -> Result<Vec<f32>> {
        let Sizes { heads, plain, value_width, rank } = *self;
        let mut all = memory::reserved(&[heads * (plain + value_width), rank])?;
        let keys = keys.chunks_exact(rank * plain);
        for (keys, values) in keys.zip(values.chunks_exact(value_width * rank)) {
            for channel in 0..plain {
                all.extend(keys.iter().skip(channel).step_by(plain));
            }
            all.extend_from_slice(values);
        }
        Ok(all)
    }
}

/// The whole matrix, of [rows, columns] numbers, in blocks of a format.
///
/// # Errors
/// If it does not fit in memory, or a number is not finite.
pub(super) fn packed(
    all: &[f32],
    format: PackedFormat,
    rows: usize,
    columns: usize,
) -> Result<PackedMatrix> {
    let mut matrix = memory::packed(format, rows, columns)?;
    for (row, numbers) in all.chunks_exact(columns).enumerate() {
        if !kernels::can_be_packed(numbers) {
            let what = "the tensors of latent attention have numbers that are not finite";
            return Err(ModelFileError::Weights(what.into()));
        }
        matrix.set_row(row, numbers);
    }
    Ok(matrix)
}

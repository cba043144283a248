//! The matrices of a block in f32, converted in bounded steps.

use candle_core::{Device, Tensor};
use model_files::memory;
use model_files::weights::{LayerWeights, Matrix};

use crate::error::{InferenceError, Result};
use crate::model_weights::MatrixNumbers;

/// The numbers that one step converts, about: some milliseconds of work.
pub(super) const NUMBERS_PER_STEP: usize = 4 << 20;

/// The weights of a block, as a decoder has them.
pub(super) type LayerNumbers<'a> = LayerWeights<&'a dyn MatrixNumbers>;

/// A block that is being converted.
#[derive(Debug, Default)]
pub(super) struct LayerReader {
    /// The matrices that are complete, in the order of [`LayerWeights::convert`].
    complete: Vec<Matrix>,
    /// The first rows of the next one.
    begun: Vec<f32>,
}

impl LayerReader {
    /// Converts some more rows. Returns the whole block once it is complete.
    ///
    /// # Errors
    /// If a matrix does not fit in memory, or cannot be brought from its device.
    pub(super) fn step(
        &mut self,
        weights: &LayerNumbers<'_>,
    ) -> Result<Option<LayerWeights<Matrix>>> {
        let matrices = matrices(weights)?;
        let mut left = NUMBERS_PER_STEP;
        while let Some(matrix) = matrices.get(self.complete.len()) {
            if left == 0 {
                return Ok(None);
            }
            left -= self.read_rows(*matrix, left)?;
        }
        let mut complete = std::mem::take(&mut self.complete).into_iter();
        let next = &mut |_: &&dyn MatrixNumbers| complete.next().ok_or_else(incomplete);
        weights.convert(next).map(Some)
    }

    /// Converts rows of the next matrix, about `most` numbers and at least a row. Returns
    /// how much of `most` that was.
    fn read_rows(&mut self, matrix: &dyn MatrixNumbers, most: usize) -> Result<usize> {
        let (rows, columns) = matrix.shape();
        if self.begun.is_empty() {
            self.begun = memory::reserved(&[rows, columns]).map_err(no_room)?;
        }
        let start = self.begun.len();
        let first = start / columns.max(1);
        let count = (most / columns.max(1)).max(1).min(rows - first);
        // There is room for the whole matrix: this allocates nothing.
        self.begun.resize(start + count * columns, 0.0);
        matrix.read(first, &mut self.begun[start..])?;
        if first + count == rows {
            let numbers = std::mem::take(&mut self.begun);
            let tensor = Tensor::from_vec(numbers, (rows, columns), &Device::Cpu)?;
            self.complete.push(Matrix::dense(tensor)?);
        }
        Ok(most.min(count * columns))
    }
}

/// How many numbers the matrices of a block have.
pub(super) fn count_numbers(weights: &LayerNumbers<'_>) -> Result<usize> {
    let shapes = matrices(weights)?.into_iter().map(MatrixNumbers::shape);
    Ok(shapes.map(|(rows, columns)| rows * columns).sum())
}

/// The matrices of a block, in the order of [`LayerWeights::convert`].
fn matrices<'a>(weights: &LayerNumbers<'a>) -> Result<Vec<&'a dyn MatrixNumbers>> {
    let mut matrices = Vec::new();
    weights.convert::<(), InferenceError>(&mut |matrix| {
        matrices.push(*matrix);
        Ok(())
    })?;
    Ok(matrices)
}

/// The error of an allocation that failed.
pub(super) fn no_room(_: model_files::ModelFileError) -> InferenceError {
    InferenceError::NoRoomToVerify
}

fn incomplete() -> InferenceError {
    candle_core::Error::Msg("a matrix of the block is missing".into()).into()
}

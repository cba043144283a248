//! Matrices of a block in f32, converted in bounded steps.

use candle_core::{Device, Tensor};
use model_files::memory;
use model_files::weights::{LayerInputs, LayerWeights, Matrix, MlpWeights};

use crate::error::{InferenceError, Result};
use crate::model_weights::MatrixNumbers;

/// The numbers that one step converts, about: some milliseconds of work.
pub(super) const NUMBERS_PER_STEP: usize = 4 << 20;

/// The weights of a block, as a decoder has them.
pub(super) type LayerNumbers<'a> = LayerWeights<&'a dyn MatrixNumbers>;

/// The weights of an MLP, as a decoder has them.
pub(super) type MlpNumbers<'a> = MlpWeights<&'a dyn MatrixNumbers>;

/// Matrices that are being converted.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Those that are complete, in the order of `convert`.
    complete: Vec<Matrix>,
    /// The first rows of the next one.
    begun: Vec<f32>,
}

impl Reader {
    /// Converts some more rows of a block. Returns the whole block once it is complete.
    ///
    /// # Errors
    /// If a matrix does not fit in memory, or cannot be brought from its device.
    pub(super) fn layer(
        &mut self,
        weights: &LayerNumbers<'_>,
    ) -> Result<Option<LayerWeights<Matrix>>> {
        let Some(mut complete) = self.step(&matrices(weights)?)? else { return Ok(None) };
        weights.convert(&mut |_| complete.next().ok_or_else(incomplete)).map(Some)
    }

    /// As [`layer`](Self::layer), of what residual streams are made of.
    ///
    /// # Errors
    /// As there.
    pub(super) fn inputs(
        &mut self,
        weights: &LayerInputs<&dyn MatrixNumbers>,
    ) -> Result<Option<LayerInputs<Matrix>>> {
        let mut matrices = Vec::new();
        weights.convert::<(), InferenceError>(&mut |matrix| {
            matrices.push(*matrix);
            Ok(())
        })?;
        let Some(mut complete) = self.step(&matrices)? else { return Ok(None) };
        weights.convert(&mut |_| complete.next().ok_or_else(incomplete)).map(Some)
    }

    /// As [`layer`](Self::layer), of an MLP.
    ///
    /// # Errors
    /// As there.
    pub(super) fn mlp(
        &mut self,
        weights: &MlpNumbers<'_>,
    ) -> Result<Option<MlpWeights<Matrix>>> {
        let mut matrices = Vec::new();
        weights.convert::<(), InferenceError>(&mut |matrix| {
            matrices.push(*matrix);
            Ok(())
        })?;
        let Some(mut complete) = self.step(&matrices)? else { return Ok(None) };
        weights.convert(&mut |_| complete.next().ok_or_else(incomplete)).map(Some)
    }

    /// Converts some more rows of matrices. Returns them once they are complete.
    fn step(
        &mut self,
        matrices: &[&dyn MatrixNumbers],
    ) -> Result<Option<std::vec::IntoIter<Matrix>>> {
        let mut left = NUMBERS_PER_STEP;
        while let Some(matrix) = matrices.get(self.complete.len()) {
            if left == 0 {
                return Ok(None);
            }
            left -= self.read_rows(*matrix, left)?;
        }
        Ok(Some(std::mem::take(&mut self.complete).into_iter()))
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

//! The interface of sources of tensors.

use kernels::PackedMatrix;

use super::matrix::Matrix;
use super::stats::WeightStats;
use super::stored::StoredMatrix;
use super::tensor_id::TensorId;
use crate::error::{ModelFileError, Result};

/// A source of a model's tensors.
pub trait TensorSource {
    /// Whether the tensor exists.
    fn contains(&self, id: TensorId) -> bool;

    /// Loads a matrix of shape [rows, columns] in the format of the source's placement.
    ///
    /// # Errors
    /// If it is missing, has another shape, or does not fit in memory.
    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix>;

    /// As [`matrix`](Self::matrix), but in f32 where other matrices are in 16 bits: for
    /// the embedding and the output head.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix>;

    /// Loads a matrix of shape [rows, columns] for the packed kernels. What is quantised in
    /// its file keeps its format; other numbers become 8 or 4 bits.
    ///
    /// # Errors
    /// If it is missing, has another shape, contains NaN or infinity, or does not fit in
    /// memory.
    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix>;

    /// A matrix of shape [rows, columns] that stays where it is.
    ///
    /// # Errors
    /// If it is missing, has another shape, or is in no file that stays open.
    fn stored(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<StoredMatrix> {
        let _ = (rows, columns);
        Err(ModelFileError::Weights(format!("the tensor {id} is in no file of its own")))
    }

    /// Loads the numbers of a tensor, such as a norm's weights, in f32. Dimensions of 1
    /// are ignored.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>>;

    /// The format of a tensor in the model's files, named as in ggml: `Q4_K`, `BF16`;
    /// `None` if there is no such tensor or its format is not known.
    fn stored_format(&self, id: TensorId) -> Option<String>;

    /// Statistics of all tensors that were loaded so far.
    fn stats(&self) -> &WeightStats;
}

pub(super) fn missing(name: &str) -> ModelFileError {
    ModelFileError::Mismatch(format!("the tensor {name} is missing"))
}

pub(super) fn check_shape(name: &str, shape: &[usize], expected: &[usize]) -> Result<()> {
    match shape == expected {
        true => Ok(()),
        false => Err(ModelFileError::Mismatch(format!(
            "the tensor {name} has the shape {shape:?}, not {expected:?}"
        ))),
    }
}

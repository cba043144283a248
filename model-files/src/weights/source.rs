//! Where tensors come from.

use kernels::PackedMatrix;

use super::matrix::Matrix;
use super::stats::WeightStats;
use super::tensor_id::TensorId;
use crate::error::{ModelFileError, Result};

/// A model's tensors by what they are for.
pub trait TensorSource {
    /// Whether there is such a tensor.
    fn contains(&self, wanted: TensorId) -> bool;

    /// A matrix of shape [rows, columns] in the format asked for.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn matrix(&mut self, wanted: TensorId, rows: usize, columns: usize)
    -> Result<Matrix>;

    /// The same for a matrix whose results are the logits: in f32 where others are in 16
    /// bits.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn wide_matrix(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix>;

    /// A matrix of shape [rows, columns] for the packed kernels, 8-bit or 4-bit.
    ///
    /// # Errors
    /// If it is missing, has another shape, or a number in it is not finite.
    fn packed(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix>;

    /// The numbers of a tensor in f32, such as those of a norm. Dimensions of 1 that it is
    /// stored with do not count.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn numbers(&mut self, wanted: TensorId, shape: &[usize]) -> Result<Vec<f32>>;

    /// What has been taken so far.
    fn stats(&self) -> &WeightStats;
}

pub(super) fn missing(name: &str) -> ModelFileError {
    ModelFileError::Weights(format!("the tensor {name} is missing"))
}

pub(super) fn check_shape(name: &str, shape: &[usize], expected: &[usize]) -> Result<()> {
    match shape == expected {
        true => Ok(()),
        false => Err(ModelFileError::Weights(format!(
            "the tensor {name} has the shape {shape:?}, not {expected:?}"
        ))),
    }
}

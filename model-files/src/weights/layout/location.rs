//! The location of a role's tensor: the stored tensor, and its rows that belong to the
//! role.

use super::rows::RowSelection;
use crate::error::Result;
use crate::weights::source::check_shape;

/// The location of a role's tensor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights) struct TensorLocation {
    pub(in crate::weights) name: String,
    /// The rows of the stored tensor that belong to the role; `None` for all.
    pub(in crate::weights) rows: Option<RowSelection>,
    /// If the stored tensor is of all experts, one after the other: which of them it is.
    pub(in crate::weights) expert: Option<usize>,
    /// Whether the matrix is stored as [columns, rows].
    pub(in crate::weights) transposed: bool,
    /// The tensor with the scales of this one's blocks of four bits.
    pub(in crate::weights) scales: Option<String>,
}

impl TensorLocation {
    /// The runs of stored rows that make up `count` rows, in order: the first row of
    /// each, and the number of rows.
    pub(in crate::weights) fn runs(
        &self,
        count: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let all = RowSelection { first: 0, take: count, stride: count };
        self.rows.unwrap_or(all).runs(count)
    }

    /// Selects the role's rows, of shape `shape`, from all numbers of a tensor of shape
    /// `stored`. Dimensions of 1 are ignored.
    ///
    /// # Errors
    /// If the tensor has another shape.
    pub(in crate::weights) fn select(
        &self,
        numbers: Vec<f32>,
        stored: &[usize],
        shape: &[usize],
    ) -> Result<Vec<f32>> {
        let rows = shape.first().copied().unwrap_or(1);
        let mut expected = shape.to_vec();
        if let (Some(selection), Some(first)) = (self.rows, expected.first_mut()) {
            *first = selection.stored(rows);
        }
        let without_ones = |shape: &[usize]| -> Vec<usize> {
            shape.iter().copied().filter(|size| *size != 1).collect()
        };
        if without_ones(stored) != without_ones(&expected) {
            check_shape(&self.name, stored, &expected)?;
        }
        if self.rows.is_none() {
            return Ok(numbers);
        }
        let width: usize = shape.iter().skip(1).product();
        let runs = self.runs(rows);
        let parts = runs.map(|(first, count)| {
            numbers[first * width..(first + count) * width].iter().copied()
        });
        Ok(parts.flatten().collect())
    }
}

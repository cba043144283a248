//! Where a tensor lies in its file, and which of the stored numbers are wanted.

use super::rows::RowSelection;
use crate::error::Result;
use crate::weights::source::check_shape;

/// Where a tensor lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::weights) struct TensorLocation {
    pub(in crate::weights) name: String,
    /// None for all rows.
    pub(in crate::weights) rows: Option<RowSelection>,
}

impl TensorLocation {
    /// The stretches of stored rows that make `wanted` rows, in order: each one's first
    /// row, and how many.
    pub(in crate::weights) fn runs(
        &self,
        wanted: usize,
    ) -> impl Iterator<Item = (usize, usize)> + use<> {
        let all = RowSelection { first: 0, take: wanted, stride: wanted };
        self.rows.unwrap_or(all).runs(wanted)
    }

    /// Of all numbers of a tensor those that are wanted, [`wanted`, …]. Dimensions of 1
    /// that it is stored with do not count.
    ///
    /// # Errors
    /// If it has another shape.
    pub(in crate::weights) fn select(
        &self,
        numbers: Vec<f32>,
        stored: &[usize],
        wanted: &[usize],
    ) -> Result<Vec<f32>> {
        let rows = wanted.first().copied().unwrap_or(1);
        let mut expected = wanted.to_vec();
        if let (Some(some), Some(first)) = (self.rows, expected.first_mut()) {
            *first = some.stored(rows);
        }
        let narrow = |shape: &[usize]| -> Vec<usize> {
            shape.iter().copied().filter(|size| *size != 1).collect()
        };
        if narrow(stored) != narrow(&expected) {
            check_shape(&self.name, stored, &expected)?;
        }
        if self.rows.is_none() {
            return Ok(numbers);
        }
        let width: usize = wanted.iter().skip(1).product();
        let runs = self.runs(rows);
        let parts = runs.map(|(first, count)| {
            numbers[first * width..(first + count) * width].iter().copied()
        });
        Ok(parts.flatten().collect())
    }
}

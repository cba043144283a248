//! The number, size and formats of a model's weights.

use kernels::PackedMatrix;

use super::matrix::Matrix;
use super::stored::StoredMatrix;

/// Statistics of the tensors that a source has loaded.
#[derive(Clone, Debug, Default)]
pub struct WeightStats {
    /// The number of weights, in matrices and vectors.
    pub parameters: u64,
    /// Their size in memory, in bytes.
    pub bytes: u64,
    /// The formats of the matrices in memory, each once, with their bytes there.
    formats: Vec<(String, u64)>,
    /// The same for their formats in the files, with the same bytes.
    stored: Vec<(String, u64)>,
}

impl WeightStats {
    /// Counts a matrix that has the format `stored` in its file; empty if that is not
    /// known.
    pub(super) fn count_matrix(&mut self, matrix: &Matrix, stored: &str) {
        self.parameters += matrix.parameters();
        self.count(&matrix.format(), stored, matrix.bytes());
    }

    /// As [`count_matrix`](Self::count_matrix).
    pub(super) fn count_packed(&mut self, matrix: &PackedMatrix, stored: &str) {
        self.parameters += (matrix.rows() * matrix.columns()) as u64;
        self.count(matrix.format().name(), stored, matrix.bytes() as u64);
    }

    /// As [`count_matrix`](Self::count_matrix), of one that is not in memory.
    pub(super) fn count_stored(&mut self, matrix: &StoredMatrix, stored: &str) {
        self.parameters += (matrix.rows() * matrix.columns()) as u64;
        self.count(matrix.format().name(), stored, matrix.bytes());
    }

    fn count(&mut self, format: &str, stored: &str, bytes: u64) {
        self.bytes += bytes;
        for (formats, name) in [(&mut self.formats, format), (&mut self.stored, stored)] {
            match formats.iter_mut().find(|(known, _)| known == name) {
                Some((_, total)) => *total += bytes,
                None if name.is_empty() => {}
                None => formats.push((name.to_owned(), bytes)),
            }
        }
    }

    /// The formats of the matrices in memory, the one with the most bytes first, such as
    /// `Q4_0 + Q8_0`.
    pub fn precision(&self) -> String {
        joined(&self.formats)
    }

    /// The formats of the matrices in the model's files, in the same manner; empty if they
    /// are not known.
    pub fn stored(&self) -> String {
        joined(&self.stored)
    }

    pub(super) fn count_numbers(&mut self, numbers: &[f32]) {
        self.parameters += numbers.len() as u64;
        self.bytes += size_of_val(numbers) as u64;
    }
}

fn joined(formats: &[(String, u64)]) -> String {
    let mut formats: Vec<_> = formats.iter().collect();
    formats.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let names: Vec<&str> = formats.into_iter().map(|(name, _)| name.as_str()).collect();
    names.join(" + ")
}

//! The number, size and formats of a model's weights.

use kernels::PackedMatrix;

use super::matrix::Matrix;

/// Statistics of the tensors that a source has loaded.
#[derive(Clone, Debug, Default)]
pub struct WeightStats {
    /// The number of weights, in matrices and vectors.
    pub parameters: u64,
    /// Their size in memory, in bytes.
    pub bytes: u64,
    /// The formats of the matrices, each once, with their bytes.
    formats: Vec<(String, u64)>,
}

impl WeightStats {
    pub(super) fn count_matrix(&mut self, matrix: &Matrix) {
        self.parameters += matrix.parameters();
        self.count(&matrix.format(), matrix.bytes());
    }

    pub(super) fn count_packed(&mut self, matrix: &PackedMatrix) {
        self.parameters += (matrix.rows() * matrix.columns()) as u64;
        self.count(matrix.format().name(), matrix.bytes() as u64);
    }

    fn count(&mut self, format: &str, bytes: u64) {
        self.bytes += bytes;
        match self.formats.iter_mut().find(|(known, _)| known == format) {
            Some((_, total)) => *total += bytes,
            None => self.formats.push((format.to_owned(), bytes)),
        }
    }

    /// The formats of the matrices, the one with the most bytes first, such as `Q4_0 +
    /// Q8_0`.
    pub fn precision(&self) -> String {
        let mut formats = self.formats.clone();
        formats.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        let names: Vec<String> = formats.into_iter().map(|(name, _)| name).collect();
        names.join(" + ")
    }

    pub(super) fn count_numbers(&mut self, numbers: &[f32]) {
        self.parameters += numbers.len() as u64;
        self.bytes += size_of_val(numbers) as u64;
    }
}

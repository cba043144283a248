//! A source whose tensors are written to a packed file while they are loaded.

use kernels::PackedMatrix;

use super::writer::PackedWriter;
use crate::error::Result;
use crate::weights::matrix::Matrix;
use crate::weights::source::TensorSource;
use crate::weights::stats::WeightStats;
use crate::weights::tensor_id::TensorId;

/// A source that has all that is taken from it written.
pub struct RecordingSource<'a, 'b> {
    pub(crate) source: &'a mut dyn TensorSource,
    pub(crate) writer: &'a mut PackedWriter<'b>,
}

impl<'a, 'b> RecordingSource<'a, 'b> {
    /// Writes by `writer` what is taken from `source`.
    pub fn new(
        source: &'a mut dyn TensorSource,
        writer: &'a mut PackedWriter<'b>,
    ) -> Self {
        RecordingSource { source, writer }
    }
}

impl TensorSource for RecordingSource<'_, '_> {
    fn contains(&self, wanted: TensorId) -> bool {
        self.source.contains(wanted)
    }

    fn matrix(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.matrix(wanted, rows, columns)
    }

    fn wide_matrix(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.wide_matrix(wanted, rows, columns)
    }

    fn packed(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let matrix = self.source.packed(wanted, rows, columns)?;
        self.writer.matrix(&wanted.to_string(), &matrix);
        Ok(matrix)
    }

    fn numbers(&mut self, wanted: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers = self.source.numbers(wanted, shape)?;
        self.writer.vector(&wanted.to_string(), &numbers);
        Ok(numbers)
    }

    fn stats(&self) -> &WeightStats {
        self.source.stats()
    }
}

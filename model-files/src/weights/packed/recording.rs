//! A source whose tensors are written to a packed file while they are loaded.

use kernels::PackedMatrix;

use super::writer::PackedWriter;
use crate::config::Config;
use crate::error::Result;
use crate::weights::decoder_weights::DecoderWeights;
use crate::weights::loader::LoadMatrix;
use crate::weights::matrix::Matrix;
use crate::weights::source::TensorSource;
use crate::weights::stats::WeightStats;
use crate::weights::tensor_id::TensorId;

/// A source that writes every tensor that is loaded from it to a packed file.
pub struct RecordingSource<'a, 'b> {
    pub(crate) source: &'a mut dyn TensorSource,
    pub(crate) writer: &'a mut PackedWriter<'b>,
}

impl<'a, 'b> RecordingSource<'a, 'b> {
    /// Records what is loaded from `source` with `writer`.
    pub fn new(
        source: &'a mut dyn TensorSource,
        writer: &'a mut PackedWriter<'b>,
    ) -> Self {
        RecordingSource { source, writer }
    }
}

/// A matrix that was loaded and is gone again.
struct Passed;

impl LoadMatrix for Passed {
    fn load(
        source: &mut dyn TensorSource,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Passed> {
        source.packed(id, rows, columns).map(|_| Passed)
    }
}

/// Loads every tensor of a model for the packed kernels and keeps none: a [`RecordingSource`]
/// writes them. In memory is one matrix at a time. `progress` gets the number of layers that
/// are done, and their total.
///
/// # Errors
/// If a tensor is missing, has another shape than the configuration says, or does not fit in
/// memory.
pub fn pack_all(
    config: &mut Config,
    source: &mut dyn TensorSource,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<()> {
    DecoderWeights::<Passed>::load(config, source, progress).map(drop)
}

impl TensorSource for RecordingSource<'_, '_> {
    fn contains(&self, id: TensorId) -> bool {
        self.source.contains(id)
    }

    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.matrix(id, rows, columns)
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.wide_matrix(id, rows, columns)
    }

    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let matrix = self.source.packed(id, rows, columns)?;
        let stored = self.source.stored_format(id);
        self.writer.matrix(&id.to_string(), &matrix, stored);
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers = self.source.numbers(id, shape)?;
        self.writer.vector(&id.to_string(), &numbers);
        Ok(numbers)
    }

    fn stored_format(&self, id: TensorId) -> Option<String> {
        self.source.stored_format(id)
    }

    fn stats(&self) -> &WeightStats {
        self.source.stats()
    }
}

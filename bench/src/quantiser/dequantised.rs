//! A source whose matrices are packed, and then the numbers that the blocks stand for.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use engine::Device;
use kernels::PackedMatrix;
use model_files::Result;
use model_files::memory;
use model_files::weights::{Matrix, TensorId, TensorSource, WeightStats};

/// A source of the numbers of another source's packed matrices.
pub(crate) struct Dequantised<'a> {
    inner: Box<dyn TensorSource + 'a>,
    /// Matrices of each format.
    pub(crate) formats: BTreeMap<&'static str, usize>,
    /// Bytes as in a file: blocks, and numbers in f32.
    pub(crate) bytes: usize,
    pub(crate) weights: usize,
    /// The time that reading and packing took.
    pub(crate) elapsed: Duration,
}

impl<'a> Dequantised<'a> {
    pub(crate) fn new(inner: Box<dyn TensorSource + 'a>) -> Self {
        Dequantised {
            inner,
            formats: BTreeMap::new(),
            bytes: 0,
            weights: 0,
            elapsed: Duration::ZERO,
        }
    }
}

impl TensorSource for Dequantised<'_> {
    fn contains(&self, id: TensorId) -> bool {
        self.inner.contains(id)
    }

    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix> {
        let start = Instant::now();
        let packed = self.inner.packed(id, rows, columns)?;
        self.elapsed += start.elapsed();
        let format = packed.format();
        let blocks = columns.div_ceil(format.block_columns());
        self.bytes += rows * blocks * format.ggml_block_bytes();
        self.weights += rows * columns;
        *self.formats.entry(format.name()).or_default() += 1;
        let mut numbers = memory::zeros(&[rows, columns])?;
        for (row, numbers) in numbers.chunks_mut(columns.max(1)).enumerate() {
            packed.row(row, numbers);
        }
        Ok(Matrix::dense(candle_core::Tensor::from_vec(
            numbers,
            (rows, columns),
            &Device::Cpu,
        )?)?)
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.matrix(id, rows, columns)
    }

    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        self.inner.packed(id, rows, columns)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers = self.inner.numbers(id, shape)?;
        self.bytes += size_of_val(&numbers[..]);
        Ok(numbers)
    }

    fn stored_format(&self, id: TensorId) -> Option<String> {
        self.inner.stored_format(id)
    }

    fn stats(&self) -> &WeightStats {
        self.inner.stats()
    }
}

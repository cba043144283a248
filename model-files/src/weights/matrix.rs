//! A weight matrix in memory, dense or packed in blocks, with its two operations: the
//! product with activations and the look-up of rows.

use std::sync::Arc;

use candle_core::quantized::{QMatMul, QStorage, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};
use kernels::PackedFormat;

use super::stored_rows::candle_format;

/// A matrix of shape [rows, columns].
#[derive(Clone, Debug)]
pub struct Matrix {
    weights: Weights,
    columns: usize,
}

#[derive(Clone, Debug)]
enum Weights {
    /// f32, f16 or bf16, [rows, columns].
    Dense(Tensor),
    /// Blocks along the columns, which are padded with zeros to a whole block.
    Packed { tensor: Arc<QTensor>, product: QMatMul, padding: usize },
}

impl Matrix {
    /// A dense matrix from a tensor of floating-point numbers of shape [rows, columns].
    ///
    /// # Errors
    /// If the tensor has another number of dimensions.
    pub fn dense(tensor: Tensor) -> Result<Matrix> {
        let (_, columns) = tensor.dims2()?;
        Ok(Matrix { weights: Weights::Dense(tensor), columns })
    }

    /// Packs an f32 tensor of shape [rows, columns] into blocks, such as those of Q8_0: the
    /// same as a [`PackedMatrix`](kernels::PackedMatrix) has.
    ///
    /// # Errors
    /// If the tensor has another number of dimensions, or numbers that no block holds.
    pub fn quantised(tensor: &Tensor, format: PackedFormat) -> Result<Matrix> {
        let (rows, columns) = tensor.dims2()?;
        // With some formats, candle needs an even number of blocks.
        let whole = columns.next_multiple_of(format.block_columns());
        let widths = [whole, whole + format.block_columns()].into_iter();
        let mut usable = widths.filter_map(|w| Some((w, candle_format(format, w)?)));
        let Some((width, dtype)) = usable.next() else {
            candle_core::bail!("candle has no blocks of {}", format.name());
        };
        let padding = width - columns;
        let padded = tensor.pad_with_zeros(1, 0, padding)?.to_device(&Device::Cpu)?;
        let mut bytes = Vec::new();
        for row in padded.to_vec2::<f32>()? {
            if !kernels::can_be_packed(&row) {
                candle_core::bail!("a number is infinite, not a number, or too large");
            }
            bytes.extend(kernels::quantised(format, &row[..columns]));
            let size = row.len() / format.block_columns() * format.ggml_block_bytes();
            bytes.resize(bytes.len().next_multiple_of(size), 0);
        }
        let storage = QStorage::from_data(bytes.into(), tensor.device(), dtype)?;
        Matrix::packed(QTensor::new(storage, (rows, width))?, columns)
    }

    /// A matrix that is packed already, of `columns` columns; its rows may be padded.
    ///
    /// # Errors
    /// If the tensor has another number of dimensions.
    pub fn packed(tensor: QTensor, columns: usize) -> Result<Matrix> {
        let (_, padded) = tensor.shape().dims2()?;
        let tensor = Arc::new(tensor);
        let product = QMatMul::from_arc(tensor.clone())?;
        let weights = Weights::Packed { tensor, product, padding: padded - columns };
        Ok(Matrix { weights, columns })
    }

    /// Converts x to the number format of products with this matrix.
    /// [`product`](Self::product) does so itself; to do it once for several matrices is
    /// cheaper.
    pub fn input(&self, x: &Tensor) -> Result<Tensor> {
        x.to_dtype(self.dtype())
    }

    /// x · Wᵀ: [T, columns] to [T, rows] in f32. With 16-bit weights, x and the results
    /// are rounded to their format; sums are in f32.
    #[inline(never)]
    pub fn product(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.input(x)?;
        match &self.weights {
            Weights::Dense(w) => x.matmul(&w.t()?)?.to_dtype(DType::F32),
            Weights::Packed { product, padding: 0, .. } => product.forward(&x),
            Weights::Packed { product, padding, .. } => {
                product.forward(&x.pad_with_zeros(1, 0, *padding)?)
            }
        }
    }

    /// The floating-point format of its products: its own, or f32 if it is packed.
    pub fn dtype(&self) -> DType {
        match &self.weights {
            Weights::Dense(w) => w.dtype(),
            Weights::Packed { .. } => DType::F32,
        }
    }

    /// The rows of the T ids in f32, [T, columns].
    #[inline(never)]
    pub fn rows(&self, ids: &Tensor) -> Result<Tensor> {
        match &self.weights {
            Weights::Dense(w) => w.index_select(ids, 0)?.to_dtype(DType::F32),
            Weights::Packed { tensor, .. } => {
                tensor.embedding(ids)?.narrow(1, 0, self.columns)?.contiguous()
            }
        }
    }

    /// Some rows in f32, [count, columns].
    ///
    /// # Errors
    /// If there are no such rows, or the computation fails.
    pub fn row_range(&self, first: usize, count: usize) -> Result<Tensor> {
        match &self.weights {
            Weights::Dense(w) => w.narrow(0, first, count)?.to_dtype(DType::F32),
            Weights::Packed { tensor, .. } => {
                let ids = first as u32..(first + count) as u32;
                self.rows(&Tensor::from_iter(ids, &tensor.device())?)
            }
        }
    }

    /// The number of columns, without padding.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of weights, without padding.
    pub fn parameters(&self) -> u64 {
        (self.row_count() * self.columns) as u64
    }

    /// Its size in memory, in bytes.
    pub fn bytes(&self) -> u64 {
        match &self.weights {
            Weights::Dense(w) => (w.elem_count() * w.dtype().size_in_bytes()) as u64,
            Weights::Packed { tensor, .. } => tensor.storage_size_in_bytes() as u64,
        }
    }

    /// The number format, named as in ggml: `F32`, `BF16`, `Q8_0`, `Q4_K`, …
    pub fn format(&self) -> String {
        match &self.weights {
            Weights::Dense(w) => format!("{:?}", w.dtype()).to_uppercase(),
            Weights::Packed { tensor, .. } => {
                let name = format!("{:?}", tensor.dtype());
                match name.strip_suffix('K') {
                    Some(bits) => format!("{bits}_K"),
                    None => name,
                }
            }
        }
    }

    /// The number of rows.
    pub fn row_count(&self) -> usize {
        match &self.weights {
            Weights::Dense(w) => w.dims()[0],
            Weights::Packed { tensor, .. } => tensor.shape().dims()[0],
        }
    }
}

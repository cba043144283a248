//! Tensors from safetensors files, one or several shards. Format:
//! <https://huggingface.co/docs/safetensors>.

use candle_core::{DType, Tensor};
use half::{bf16, f16};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

use super::{Bytes, Placement, Tally, TensorSource, check_shape, missing};
use kernels::PackedMatrix;

use crate::decoder::Matrix;
use crate::error::{EngineError, Result};

/// The tensors of all shards of a model.
pub struct SafetensorsSource<'a> {
    shards: Vec<SafeTensors<'a>>,
    placement: Placement,
    tally: Tally,
}

impl<'a> SafetensorsSource<'a> {
    /// Reads the headers of the shards; tensors stay where they are until asked for.
    ///
    /// # Errors
    /// If a header is damaged or describes more bytes than its file has.
    pub fn new(files: &'a [Bytes], placement: Placement) -> Result<Self> {
        let shards = files
            .iter()
            .map(|bytes| SafeTensors::deserialize((**bytes).as_ref()))
            .collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(SafetensorsSource { shards, placement, tally: Tally::default() })
    }

    fn find(&self, name: &str) -> Option<TensorView<'a>> {
        self.shards.iter().find_map(|shard| shard.tensor(name).ok())
    }

    /// The tensor in f32, whatever it is stored as.
    fn load(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let view = self.find(name).ok_or_else(|| missing(name))?;
        check_shape(name, view.shape(), shape)?;
        let dtype = match view.dtype() {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => return Err(unsupported(name, other)),
        };
        let device = &self.placement.device;
        let tensor = Tensor::from_raw_buffer(view.data(), dtype, shape, device)?;
        Ok(tensor.to_dtype(DType::F32)?)
    }
}

impl TensorSource for SafetensorsSource<'_> {
    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let matrix = self.placement.place(self.load(name, &[rows, columns])?)?;
        self.tally.count_matrix(&matrix);
        Ok(matrix)
    }

    fn packed(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let view = self.find(name).ok_or_else(|| missing(name))?;
        check_shape(name, view.shape(), &[rows, columns])?;
        let convert = conversion(name, view.dtype())?;
        let mut matrix =
            PackedMatrix::zeros(self.placement.packed_format(), rows, columns);
        let mut numbers = vec![0.0; columns];
        let row_bytes = view.data().len() / rows;
        for (row, bytes) in view.data().chunks_exact(row_bytes).enumerate() {
            convert(bytes, &mut numbers);
            // The greatest of numbers with one that is none is none, too.
            let sum: f32 = numbers.iter().map(|x| x * 0.0).sum();
            if sum != 0.0 {
                return Err(EngineError::Weights(format!(
                    "the tensor {name} has numbers that are infinite or none, in row {row}"
                )));
            }
            matrix.set_row(row, &numbers);
        }
        self.tally.count_packed(&matrix);
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Tensor> {
        let vector = self.load(name, &[length])?;
        self.tally.count_vector(&vector);
        Ok(vector)
    }

    fn rope_factors(&mut self, _pairs: usize) -> Result<Option<Vec<f32>>> {
        Ok(None) // here the configuration says how rotary embeddings are scaled
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// Turns the bytes of a row into numbers.
type Conversion = fn(&[u8], &mut [f32]);

/// How numbers are stored.
fn conversion(name: &str, dtype: Dtype) -> Result<Conversion> {
    match dtype {
        Dtype::F32 => Ok(|bytes, numbers| {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = f32::from_le_bytes(*bytes);
            }
        }),
        Dtype::F16 => Ok(|bytes, numbers| {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = f16::from_le_bytes(*bytes).to_f32();
            }
        }),
        Dtype::BF16 => Ok(|bytes, numbers| {
            for (number, bytes) in numbers.iter_mut().zip(bytes.as_chunks().0) {
                *number = bf16::from_le_bytes(*bytes).to_f32();
            }
        }),
        other => Err(unsupported(name, other)),
    }
}

fn unsupported(name: &str, dtype: Dtype) -> EngineError {
    EngineError::Weights(format!(
        "the tensor {name} has the number format {dtype:?}; \
         F32, F16 and BF16 are supported"
    ))
}

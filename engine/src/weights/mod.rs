//! Where a decoder's tensors come from: safetensors or GGUF bytes, converted one tensor
//! at a time into the format that they have in memory.

mod file;
mod gguf;
mod safetensors;

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use kernels::{Format, PackedMatrix};
use protocol::Precision;

pub(crate) use self::file::part;
pub use self::file::{Bytes, ModelFile};
pub use self::gguf::GgufSource;
pub use self::safetensors::SafetensorsSource;

use crate::decoder::Matrix;
use crate::error::{EngineError, Result};

/// A model's tensors by their Hugging Face names.
pub trait TensorSource {
    /// Whether there is such a tensor.
    fn contains(&self, name: &str) -> bool;

    /// A matrix of shape [rows, columns] in the format asked for.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix>;

    /// A matrix of shape [rows, columns] for the packed kernels, 8-bit or 4-bit.
    ///
    /// # Errors
    /// If it is missing, has another shape, or a number in it is not finite.
    fn packed(&mut self, name: &str, rows: usize, columns: usize)
    -> Result<PackedMatrix>;

    /// A vector of shape `[length]` in f32.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn vector(&mut self, name: &str, length: usize) -> Result<Tensor>;

    /// The factor of each of the `pairs` rotary frequencies, if the file has them.
    ///
    /// # Errors
    /// If they are there and not that many.
    fn rope_factors(&mut self, pairs: usize) -> Result<Option<Vec<f32>>>;

    /// What has been taken so far.
    fn tally(&self) -> &Tally;
}

/// What a source has given out.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Weights, those of matrices and vectors.
    pub parameters: u64,
    /// Bytes that they take in memory.
    pub bytes: u64,
    /// The formats of the matrices, each once.
    pub formats: Vec<String>,
}

/// How tensors are placed in memory.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The number format of matrices.
    pub precision: Precision,
    /// Where they go.
    pub device: Device,
}

impl Tally {
    fn count_matrix(&mut self, matrix: &Matrix) {
        self.parameters += matrix.parameters();
        self.bytes += matrix.bytes();
        let format = matrix.format();
        if !self.formats.contains(&format) {
            self.formats.push(format);
        }
    }

    fn count_packed(&mut self, matrix: &PackedMatrix) {
        self.parameters += (matrix.rows() * matrix.columns()) as u64;
        self.bytes += matrix.bytes() as u64;
        let format = match matrix.format() {
            Format::Q8 => "Q8_0",
            Format::Q4 => "Q4_0",
        };
        if !self.formats.iter().any(|known| known == format) {
            self.formats.push(format.into());
        }
    }

    fn count_vector(&mut self, vector: &Tensor) {
        self.parameters += vector.elem_count() as u64;
        self.bytes += (vector.elem_count() * vector.dtype().size_in_bytes()) as u64;
    }
}

impl Placement {
    /// The format of packed matrices that are not packed in the file.
    fn packed_format(&self) -> Format {
        match self.precision {
            Precision::Q4 => Format::Q4,
            Precision::Auto | Precision::Q8 | Precision::F32 => Format::Q8,
        }
    }

    /// An f32 tensor of shape [rows, columns] as a matrix of the wanted format.
    fn place(&self, tensor: Tensor) -> Result<Matrix> {
        let matrix = match self.precision {
            Precision::F32 => Matrix::dense(tensor)?,
            Precision::Q8 | Precision::Auto => {
                Matrix::quantised(&tensor, GgmlDType::Q8_0)?
            }
            Precision::Q4 => Matrix::quantised(&tensor, GgmlDType::Q4_0)?,
        };
        Ok(matrix)
    }
}

fn missing(name: &str) -> EngineError {
    EngineError::Weights(format!("the tensor {name} is missing"))
}

fn check_shape(name: &str, shape: &[usize], expected: &[usize]) -> Result<()> {
    match shape == expected {
        true => Ok(()),
        false => Err(EngineError::Weights(format!(
            "the tensor {name} has the shape {shape:?}, not {expected:?}"
        ))),
    }
}

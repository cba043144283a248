//! Where a decoder's tensors come from: safetensors or GGUF bytes, converted one tensor
//! at a time into the format that they have in memory.

mod blocks;
mod file;
mod gguf;
mod layout;
mod role;
mod safetensors;
mod taking;

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use kernels::{Format, PackedMatrix};
use protocol::Precision;

pub use self::blocks::{
    AttentionWeights, ConvolutionWeights, DecoderWeights, LayerWeights, MixerWeights,
    MlpWeights, NormWeights, Projection,
};
pub(crate) use self::file::part;
pub use self::file::{Bytes, ModelFile};
pub use self::gguf::GgufSource;
pub use self::role::{Role, Wanted};
pub use self::safetensors::SafetensorsSource;
pub use self::taking::StoredMatrix;

use crate::decoder::Matrix;
use crate::error::{EngineError, Result};

/// A model's tensors by what they are for.
pub trait TensorSource {
    /// Whether there is such a tensor.
    fn contains(&self, wanted: Wanted) -> bool;

    /// A matrix of shape [rows, columns] in the format asked for.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn matrix(&mut self, wanted: Wanted, rows: usize, columns: usize) -> Result<Matrix>;

    /// A matrix of shape [rows, columns] for the packed kernels, 8-bit or 4-bit.
    ///
    /// # Errors
    /// If it is missing, has another shape, or a number in it is not finite.
    fn packed(
        &mut self,
        wanted: Wanted,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix>;

    /// The numbers of a tensor in f32, such as those of a norm. Dimensions of 1 that it is
    /// stored with do not count.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn numbers(&mut self, wanted: Wanted, shape: &[usize]) -> Result<Vec<f32>>;

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

    fn count_numbers(&mut self, numbers: &[f32]) {
        self.parameters += numbers.len() as u64;
        self.bytes += size_of_val(numbers) as u64;
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

//! Where a decoder's tensors come from: safetensors or GGUF bytes, converted one tensor
//! at a time into the format that they have in memory; or a file that holds them in it.

mod blocks;
mod file;
mod gguf;
mod gguf_header;
mod layout;
mod packed_file;
mod packed_source;
mod role;
mod safetensors;
mod shards;
mod taking;

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use kernels::{Format, PackedMatrix};
use protocol::Precision;

pub use self::blocks::{
    AttentionWeights, ConvolutionWeights, DecoderWeights, LayerWeights, MixerWeights,
    MlpWeights, NormWeights, Projection,
};
pub(crate) use self::file::part;
pub use self::file::{Bytes, ModelFile};
pub use self::gguf::GgufSource;
pub use self::gguf_header::gguf_header;
pub use self::packed_file::PackedSink;
pub(crate) use self::packed_file::{PackedWriter, Recording};
pub use self::packed_source::{PackedSource, is_packed, verify_packed};
pub use self::role::{Role, Wanted};
pub use self::safetensors::SafetensorsSource;
pub use self::shards::shard_names;
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

    /// The same for a matrix whose results are the logits: in f32 where others are in 16
    /// bits.
    ///
    /// # Errors
    /// If it is missing or has another shape.
    fn wide_matrix(
        &mut self,
        wanted: Wanted,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix>;

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
    /// The formats of the matrices, each once, with their bytes.
    formats: Vec<(String, u64)>,
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
        self.count(&matrix.format(), matrix.bytes());
    }

    fn count_packed(&mut self, matrix: &PackedMatrix) {
        self.parameters += (matrix.rows() * matrix.columns()) as u64;
        let format = match matrix.format() {
            Format::Q8 => "Q8_0",
            Format::Q4 => "Q4_0",
        };
        self.count(format, matrix.bytes() as u64);
    }

    fn count(&mut self, format: &str, bytes: u64) {
        self.bytes += bytes;
        match self.formats.iter_mut().find(|(known, _)| known == format) {
            Some((_, all)) => *all += bytes,
            None => self.formats.push((format.to_owned(), bytes)),
        }
    }

    /// The formats of the matrices, that of most bytes first, such as `Q4_0 + Q8_0`.
    pub fn precision(&self) -> String {
        let mut formats = self.formats.clone();
        formats.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
        let names: Vec<String> = formats.into_iter().map(|(name, _)| name).collect();
        names.join(" + ")
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
            _ => Format::Q8,
        }
    }

    /// A tensor of floating-point numbers, of shape [rows, columns], as a matrix of the
    /// wanted format.
    fn place(&self, tensor: &Tensor) -> Result<Matrix> {
        self.format(tensor.dtype()).of(tensor)
    }

    /// The same, in f32 where others are in 16 bits.
    fn place_wide(&self, tensor: &Tensor) -> Result<Matrix> {
        match self.format(tensor.dtype()) {
            InMemory::Numbers(_) => InMemory::Numbers(DType::F32).of(tensor),
            blocks => blocks.of(tensor),
        }
    }

    fn format(&self, stored: DType) -> InMemory {
        in_memory(self.precision, self.device.is_cpu(), stored)
    }
}

/// The format of a matrix in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum InMemory {
    Numbers(DType),
    Blocks(GgmlDType),
}

/// What becomes of numbers that are stored as `stored`.
fn in_memory(precision: Precision, on_cpu: bool, stored: DType) -> InMemory {
    use InMemory::{Blocks, Numbers};
    match precision {
        Precision::F32 => Numbers(DType::F32),
        Precision::F16 => Numbers(DType::F16),
        Precision::Bf16 => Numbers(DType::BF16),
        Precision::Q8 => Blocks(GgmlDType::Q8_0),
        Precision::Q4 => Blocks(GgmlDType::Q4_0),
        Precision::Auto if on_cpu => Blocks(GgmlDType::Q8_0),
        // Its range is wider than that of f16, so it stays what it is.
        Precision::Auto if stored == DType::BF16 => Numbers(DType::BF16),
        Precision::Auto => Numbers(DType::F16),
    }
}

impl InMemory {
    fn of(self, tensor: &Tensor) -> Result<Matrix> {
        let matrix = match self {
            InMemory::Numbers(dtype) => Matrix::dense(tensor.to_dtype(dtype)?),
            InMemory::Blocks(format) => {
                Matrix::quantised(&tensor.to_dtype(DType::F32)?, format)
            }
        };
        Ok(matrix?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_gets_sixteen_bits_in_the_format_of_the_file_and_a_cpu_eight() {
        let auto = |on_cpu, stored| in_memory(Precision::Auto, on_cpu, stored);
        for (stored, on_gpu) in [
            (DType::F32, DType::F16),
            (DType::F16, DType::F16),
            (DType::BF16, DType::BF16),
        ] {
            assert_eq!(auto(false, stored), InMemory::Numbers(on_gpu));
            assert_eq!(auto(true, stored), InMemory::Blocks(GgmlDType::Q8_0));
        }
        let chosen = in_memory(Precision::F16, false, DType::BF16);
        assert_eq!(chosen, InMemory::Numbers(DType::F16));
    }
}

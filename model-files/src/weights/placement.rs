//! The number format of matrices in memory, and their device.

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use kernels::PackedFormat;
use protocol::Precision;

use super::matrix::Matrix;
use super::mixture;
use super::tensor_id::TensorId;
use crate::error::Result;
use crate::gguf::TensorType;

/// The format and the device of a model's matrices.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The number format of matrices.
    pub precision: Precision,
    /// The device that holds them.
    pub device: Device,
}

impl Placement {
    /// The format in which the numbers of a matrix of shape [rows, columns] are packed.
    pub(super) fn packed_format(
        &self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> PackedFormat {
        mixture::format_of(self.precision, id, rows, columns)
    }

    /// Converts a tensor of floating-point numbers, [rows, columns], to a matrix in the
    /// placement's format.
    pub(super) fn place(&self, tensor: &Tensor) -> Result<Matrix> {
        self.format(tensor.dtype()).convert(tensor)
    }

    /// As [`place`](Self::place), but in f32 where other matrices are in 16 bits.
    pub(super) fn place_wide(&self, tensor: &Tensor) -> Result<Matrix> {
        match self.format(tensor.dtype()) {
            MatrixFormat::Numbers(_) => MatrixFormat::Numbers(DType::F32).convert(tensor),
            blocks => blocks.convert(tensor),
        }
    }

    /// Whether what is quantised in a file stays as it is: always, unless numbers of 32 or
    /// 16 bits were asked for.
    pub(super) fn keeps_blocks(&self) -> bool {
        matches!(self.precision, Precision::Auto | Precision::Q8 | Precision::Q4)
    }

    /// As [`place`](Self::place) for the numbers of a GGUF file's tensor. Those of blocks
    /// are not quantised again.
    pub(super) fn place_stored(
        &self,
        tensor: &Tensor,
        stored: TensorType,
    ) -> Result<Matrix> {
        match stored {
            TensorType::Blocks(_) if self.keeps_blocks() => {
                let dtype = if self.device.is_cpu() { DType::F32 } else { DType::F16 };
                MatrixFormat::Numbers(dtype).convert(tensor)
            }
            _ => self.place(tensor),
        }
    }

    /// As [`place_stored`](Self::place_stored), but in f32 where other matrices are in 16
    /// bits.
    pub(super) fn place_stored_wide(
        &self,
        tensor: &Tensor,
        stored: TensorType,
    ) -> Result<Matrix> {
        match stored {
            TensorType::Blocks(_) if self.keeps_blocks() => {
                MatrixFormat::Numbers(DType::F32).convert(tensor)
            }
            _ => self.place_wide(tensor),
        }
    }

    fn format(&self, stored: DType) -> MatrixFormat {
        matrix_format(self.precision, self.device.is_cpu(), stored)
    }
}

/// The format of a matrix in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MatrixFormat {
    Numbers(DType),
    Blocks(GgmlDType),
}

/// The format in memory of numbers that are stored as `stored`.
fn matrix_format(precision: Precision, on_cpu: bool, stored: DType) -> MatrixFormat {
    use MatrixFormat::{Blocks, Numbers};
    match precision {
        Precision::F32 => Numbers(DType::F32),
        Precision::F16 => Numbers(DType::F16),
        Precision::Bf16 => Numbers(DType::BF16),
        Precision::Q8 => Blocks(GgmlDType::Q8_0),
        Precision::Q4 => Blocks(GgmlDType::Q4_0),
        Precision::Auto if on_cpu => Blocks(GgmlDType::Q8_0),
        // Its range is wider than that of f16, so it is kept.
        Precision::Auto if stored == DType::BF16 => Numbers(DType::BF16),
        Precision::Auto => Numbers(DType::F16),
    }
}

impl MatrixFormat {
    fn convert(self, tensor: &Tensor) -> Result<Matrix> {
        let matrix = match self {
            MatrixFormat::Numbers(dtype) => Matrix::dense(tensor.to_dtype(dtype)?),
            MatrixFormat::Blocks(format) => {
                Matrix::quantised(&tensor.to_dtype(DType::F32)?, format)
            }
        };
        Ok(matrix?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_gets_sixteen_bits_in_the_format_of_the_file_and_a_cpu_eight() {
        let auto = |on_cpu, stored| matrix_format(Precision::Auto, on_cpu, stored);
        for (stored, on_gpu) in [
            (DType::F32, DType::F16),
            (DType::F16, DType::F16),
            (DType::BF16, DType::BF16),
        ] {
            assert_eq!(auto(false, stored), MatrixFormat::Numbers(on_gpu));
            assert_eq!(auto(true, stored), MatrixFormat::Blocks(GgmlDType::Q8_0));
        }
        let chosen = matrix_format(Precision::F16, false, DType::BF16);
        assert_eq!(chosen, MatrixFormat::Numbers(DType::F16));
    }
}

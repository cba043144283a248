//! The number format of matrices in memory, and their device.

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
    pub(super) fn place(&self, tensor: &Tensor, id: TensorId) -> Result<Matrix> {
        self.format(tensor, id)?.convert(tensor)
    }

    /// As [`place`](Self::place), but in f32 where other matrices are in 16 bits.
    pub(super) fn place_wide(&self, tensor: &Tensor, id: TensorId) -> Result<Matrix> {
        match self.format(tensor, id)? {
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
        id: TensorId,
        stored: TensorType,
    ) -> Result<Matrix> {
        match stored {
            TensorType::Blocks(_) if self.keeps_blocks() => {
                let dtype = if self.device.is_cpu() { DType::F32 } else { DType::F16 };
                MatrixFormat::Numbers(dtype).convert(tensor)
            }
            _ => self.place(tensor, id),
        }
    }

    /// As [`place_stored`](Self::place_stored), but in f32 where other matrices are in 16
    /// bits.
    pub(super) fn place_stored_wide(
        &self,
        tensor: &Tensor,
        id: TensorId,
        stored: TensorType,
    ) -> Result<Matrix> {
        match stored {
            TensorType::Blocks(_) if self.keeps_blocks() => {
                MatrixFormat::Numbers(DType::F32).convert(tensor)
            }
            _ => self.place_wide(tensor, id),
        }
    }

    fn format(&self, tensor: &Tensor, id: TensorId) -> Result<MatrixFormat> {
        let (rows, columns) = tensor.dims2()?;
        let packed = self.packed_format(id, rows, columns);
        Ok(matrix_format(self.precision, self.device.is_cpu(), tensor.dtype(), packed))
    }
}

/// The format of a matrix in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MatrixFormat {
    Numbers(DType),
    Blocks(PackedFormat),
}

/// The format in memory of numbers that are stored as `stored`; `packed` if it is blocks.
fn matrix_format(
    precision: Precision,
    on_cpu: bool,
    stored: DType,
    packed: PackedFormat,
) -> MatrixFormat {
    use MatrixFormat::{Blocks, Numbers};
    match precision {
        Precision::F32 => Numbers(DType::F32),
        Precision::F16 => Numbers(DType::F16),
        Precision::Bf16 => Numbers(DType::BF16),
        Precision::Q8 | Precision::Q4 => Blocks(packed),
        Precision::Auto if on_cpu => Blocks(packed),
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
        let eight = PackedFormat::Q8_0;
        let auto = |on_cpu, stored| matrix_format(Precision::Auto, on_cpu, stored, eight);
        for (stored, on_gpu) in [
            (DType::F32, DType::F16),
            (DType::F16, DType::F16),
            (DType::BF16, DType::BF16),
        ] {
            assert_eq!(auto(false, stored), MatrixFormat::Numbers(on_gpu));
            assert_eq!(auto(true, stored), MatrixFormat::Blocks(eight));
        }
        let chosen = matrix_format(Precision::F16, false, DType::BF16, eight);
        assert_eq!(chosen, MatrixFormat::Numbers(DType::F16));
    }
}

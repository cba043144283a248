//! A safetensors file: its header, and the tensors in it. Format:
//! <https://huggingface.co/docs/safetensors>.

use std::ops::Range;

use half::{bf16, f16};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};

use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part};
use crate::memory;
use crate::weights::layout::TensorLocation;
use crate::weights::source::check_shape;

/// The bytes before the header: its length, little-endian.
const LENGTH_BYTES: usize = 8;
/// The longest header that the `safetensors` crate accepts.
const MAX_HEADER_BYTES: u64 = 100_000_000;

/// One file of a model.
pub(super) struct Shard<'a> {
    pub(super) file: &'a dyn ModelFile,
    pub(super) metadata: Metadata,
    /// The names of its tensors.
    pub(super) names: Vec<String>,
    /// The offset of the tensors' data.
    pub(super) start: usize,
}

/// A tensor in a file.
pub(super) struct StoredTensor<'a> {
    pub(super) location: TensorLocation,
    pub(super) shape: Vec<usize>,
    pub(super) dtype: Dtype,
    pub(super) file: &'a dyn ModelFile,
    pub(super) data: Range<usize>,
}

impl<'a> Shard<'a> {
    /// Reads the header: its length, then JSON.
    ///
    /// # Errors
    /// If it is damaged, or describes another number of bytes than the file has.
    pub(super) fn open(file: &'a dyn ModelFile) -> Result<Shard<'a>> {
        let length = part(file, 0..LENGTH_BYTES).map_err(|error| match error {
            ModelFileError::Weights(_) => SafeTensorError::HeaderTooSmall.into(),
            other => other,
        })?;
        let length = length.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
        if length > MAX_HEADER_BYTES {
            return Err(SafeTensorError::HeaderTooLarge.into());
        }
        let start = LENGTH_BYTES + length as usize;
        if start as u64 > file.length() {
            return Err(SafeTensorError::InvalidHeaderLength.into());
        }
        let json = part(file, LENGTH_BYTES..start)?;
        let metadata: Metadata = serde_json::from_slice(&json)
            .map_err(SafeTensorError::InvalidHeaderDeserialization)?;
        if file.length() - start as u64 != metadata.data_len() as u64 {
            return Err(SafeTensorError::MetadataIncompleteBuffer.into());
        }
        let names = metadata.offset_keys();
        Ok(Shard { file, metadata, names, start })
    }

    /// The tensor that `info` describes.
    pub(super) fn tensor(
        &self,
        location: TensorLocation,
        info: &TensorInfo,
    ) -> Result<StoredTensor<'a>> {
        let (from, to) = info.data_offsets;
        let damaged = |what: &str| {
            let name = &location.name;
            ModelFileError::Weights(format!("the tensor {name} {what}"))
        };
        let elements = info.shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
        let bits = elements.and_then(|n| n.checked_mul(info.dtype.bitsize()));
        if from > to || bits != (to - from).checked_mul(8) {
            return Err(damaged("has another size than its shape says"));
        }
        let mut shape = info.shape.clone();
        let mut data = self.start + from..self.start + to;
        if let Some(expert) = location.expert {
            if shape.len() < 2 || expert >= shape[0] {
                return Err(damaged(&format!("has no expert {expert}")));
            }
            let bytes = data.len() / shape.remove(0);
            data.start += expert * bytes;
            data.end = data.start + bytes;
        }
        let (dtype, file) = (info.dtype, self.file);
        Ok(StoredTensor { location, shape, dtype, file, data })
    }
}

impl StoredTensor<'_> {
    /// All of its numbers, in f32.
    pub(super) fn numbers(&self) -> Result<Vec<f32>> {
        let convert = conversion(self)?;
        let count = self.data.len() * 8 / self.dtype.bitsize();
        let mut numbers = memory::zeros(&[count])?;
        convert(&part(self.file, self.data.clone())?, &mut numbers);
        Ok(numbers)
    }

    /// Calls `take` with each row of a matrix that is stored as [columns, rows].
    pub(super) fn each_column(
        &self,
        rows: usize,
        columns: usize,
        mut take: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let stored = self.location.rows.map_or(rows, |selection| selection.stored(rows));
        check_shape(&self.location.name, &self.shape, &[columns, stored])?;
        let all = self.numbers()?;
        let mut numbers = memory::zeros(&[columns])?;
        let columns = self.location.runs(rows).flat_map(|(first, n)| first..first + n);
        for (row, column) in columns.enumerate() {
            for (number, line) in numbers.iter_mut().zip(all.chunks_exact(stored)) {
                *number = line[column];
            }
            take(row, &numbers)?;
        }
        Ok(())
    }
}

/// Converts the bytes of a row to f32 numbers.
pub(super) type Conversion = fn(&[u8], &mut [f32]);

/// The conversion of a tensor's number format.
///
/// # Errors
/// If the format is not supported.
pub(super) fn conversion(tensor: &StoredTensor<'_>) -> Result<Conversion> {
    match tensor.dtype {
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
        other => Err(ModelFileError::NumberFormat {
            name: tensor.location.name.clone(),
            format: format!("{other:?}"),
        }),
    }
}

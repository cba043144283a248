//! Tensors from safetensors files, one or several shards. Format:
//! <https://huggingface.co/docs/safetensors>.

use std::ops::Range;

use candle_core::{DType, Tensor};
use half::{bf16, f16};
use kernels::{PackedMatrix, TILE_ROWS};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};

use super::file::{Bytes, ModelFile, part, rows as file_rows};
use super::{Placement, Tally, TensorSource, check_shape, missing};

use crate::decoder::Matrix;
use crate::error::{EngineError, Result};

/// The tensors of all shards of a model.
pub struct SafetensorsSource<'a> {
    shards: Vec<Shard<'a>>,
    placement: Placement,
    tally: Tally,
}

/// One file.
struct Shard<'a> {
    file: &'a dyn ModelFile,
    metadata: Metadata,
    /// Where the tensors' data begins.
    start: usize,
}

/// A tensor's place.
struct Place<'a> {
    file: &'a dyn ModelFile,
    data: Range<usize>,
}

impl<'a> Shard<'a> {
    /// Reads the header: its length, then JSON.
    fn open(file: &'a dyn ModelFile) -> Result<Shard<'a>> {
        let length = part(file, 0..LENGTH_BYTES).map_err(|error| match error {
            EngineError::Weights(_) => SafeTensorError::HeaderTooSmall.into(),
            other => other,
        })?;
        let length = length.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte));
        if length > MOST_HEADER_BYTES {
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
        Ok(Shard { file, metadata, start })
    }

    /// Where a tensor of this description lies.
    fn place(&self, name: &str, info: &TensorInfo) -> Result<Place<'a>> {
        let (from, to) = info.data_offsets;
        let elements = info.shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
        let bits = elements.and_then(|n| n.checked_mul(info.dtype.bitsize()));
        if from > to || bits != (to - from).checked_mul(8) {
            return Err(EngineError::Weights(format!(
                "the tensor {name} has another size than its shape says"
            )));
        }
        Ok(Place { file: self.file, data: self.start + from..self.start + to })
    }
}

const LENGTH_BYTES: usize = 8;
/// What the format's own library takes.
const MOST_HEADER_BYTES: u64 = 100_000_000;

impl<'a> SafetensorsSource<'a> {
    /// Reads the headers of the shards; tensors stay where they are until asked for.
    ///
    /// # Errors
    /// If a header is damaged or describes more bytes than its file has.
    pub fn new(files: &'a [Bytes], placement: Placement) -> Result<Self> {
        let open = |file: &'a Bytes| Shard::open(&**file);
        let shards = files.iter().map(open).collect::<Result<Vec<_>>>()?;
        Ok(SafetensorsSource { shards, placement, tally: Tally::default() })
    }

    fn find(&self, name: &str) -> Option<(&Shard<'a>, &TensorInfo)> {
        self.shards.iter().find_map(|shard| Some((shard, shard.metadata.info(name)?)))
    }

    /// The tensor on the device, as it is stored.
    fn load(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let (shard, info) = self.find(name).ok_or_else(|| missing(name))?;
        check_shape(name, &info.shape, shape)?;
        let dtype = match info.dtype {
            Dtype::F32 => DType::F32,
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            other => return Err(unsupported(name, other)),
        };
        let device = &self.placement.device;
        let place = shard.place(name, info)?;
        let data = part(place.file, place.data)?;
        Ok(Tensor::from_raw_buffer(&data, dtype, shape, device)?)
    }
}

impl TensorSource for SafetensorsSource<'_> {
    fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    fn matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let matrix = self.placement.place(&self.load(name, &[rows, columns])?)?;
        self.tally.count_matrix(&matrix);
        Ok(matrix)
    }

    fn wide_matrix(&mut self, name: &str, rows: usize, columns: usize) -> Result<Matrix> {
        let matrix = self.placement.place_wide(&self.load(name, &[rows, columns])?)?;
        self.tally.count_matrix(&matrix);
        Ok(matrix)
    }

    fn packed(
        &mut self,
        name: &str,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let (shard, info) = self.find(name).ok_or_else(|| missing(name))?;
        check_shape(name, &info.shape, &[rows, columns])?;
        let convert = conversion(name, info.dtype)?;
        let place = shard.place(name, info)?;
        let mut matrix =
            PackedMatrix::zeros(self.placement.packed_format(), rows, columns);
        let mut numbers = vec![0.0; columns];
        let row_bytes = place.data.len() / rows.max(1);
        file_rows(place.file, place.data, row_bytes, TILE_ROWS, |first, bytes| {
            for (row, bytes) in (first..).zip(bytes.chunks_exact(row_bytes)) {
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
            Ok(())
        })?;
        self.tally.count_packed(&matrix);
        Ok(matrix)
    }

    fn vector(&mut self, name: &str, length: usize) -> Result<Tensor> {
        let vector = self.load(name, &[length])?.to_dtype(DType::F32)?;
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

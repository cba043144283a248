//! Tensors from safetensors files, one or several shards. Format:
//! <https://huggingface.co/docs/safetensors>.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use half::{bf16, f16};
use kernels::{PackedMatrix, TILE_ROWS};
use safetensors::tensor::{Metadata, TensorInfo};
use safetensors::{Dtype, SafeTensorError};

use super::layout::{Layout, TensorLocation};
use super::matrix::Matrix;
use super::placement::Placement;
use super::source::{TensorSource, check_shape, missing};
use super::stats::WeightStats;
use super::tensor_id::TensorId;

use crate::config::Config;
use crate::error::{ModelFileError, Result};
use crate::file::{BoxedFile, ModelFile, part, rows as file_rows};
use crate::memory;

/// The tensors of all shards of a model.
pub struct SafetensorsSource<'a> {
    shards: Vec<Shard<'a>>,
    layout: Layout,
    placement: Placement,
    stats: WeightStats,
}

/// One file.
struct Shard<'a> {
    file: &'a dyn ModelFile,
    metadata: Metadata,
    /// Where the tensors' data begins.
    start: usize,
}

/// A tensor's place, and how its numbers are stored.
struct Place<'a> {
    location: TensorLocation,
    shape: Vec<usize>,
    dtype: Dtype,
    file: &'a dyn ModelFile,
    data: Range<usize>,
}

impl<'a> Shard<'a> {
    /// Reads the header: its length, then JSON.
    fn open(file: &'a dyn ModelFile) -> Result<Shard<'a>> {
        let length = part(file, 0..LENGTH_BYTES).map_err(|error| match error {
            ModelFileError::Weights(_) => SafeTensorError::HeaderTooSmall.into(),
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
    fn place(&self, location: TensorLocation, info: &TensorInfo) -> Result<Place<'a>> {
        let (from, to) = info.data_offsets;
        let elements = info.shape.iter().try_fold(1usize, |n, size| n.checked_mul(*size));
        let bits = elements.and_then(|n| n.checked_mul(info.dtype.bitsize()));
        if from > to || bits != (to - from).checked_mul(8) {
            return Err(ModelFileError::Weights(format!(
                "the tensor {} has another size than its shape says",
                location.name
            )));
        }
        Ok(Place {
            location,
            shape: info.shape.clone(),
            dtype: info.dtype,
            file: self.file,
            data: self.start + from..self.start + to,
        })
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
    pub fn new(
        files: &'a [BoxedFile],
        config: &Config,
        placement: Placement,
    ) -> Result<Self> {
        let open = |file: &'a BoxedFile| Shard::open(&**file);
        let shards = files.iter().map(open).collect::<Result<Vec<_>>>()?;
        let layout = Layout::hugging_face(config);
        Ok(SafetensorsSource { shards, layout, placement, stats: WeightStats::default() })
    }

    fn find(&self, name: &str) -> Option<(&Shard<'a>, &TensorInfo)> {
        self.shards.iter().find_map(|shard| Some((shard, shard.metadata.info(name)?)))
    }

    /// Where a tensor lies.
    fn place(&self, wanted: TensorId) -> Result<Place<'a>> {
        let location = self.layout.find(wanted, |name| self.find(name).is_some());
        let location =
            location.ok_or_else(|| missing(&self.layout.usual_name(wanted)))?;
        match self.find(&location.name) {
            Some((shard, info)) => shard.place(location, info),
            None => Err(missing(&location.name)),
        }
    }

    /// Looks whether a matrix has this shape and lies within its file, before memory is
    /// asked for.
    fn check(&self, wanted: TensorId, rows: usize, columns: usize) -> Result<()> {
        let place = self.place(wanted)?;
        let stored = place.location.rows.map_or(rows, |some| some.stored(rows));
        let shape = match self.layout.transposed && wanted.layer.is_some() {
            true => [columns, stored],
            false => [stored, columns],
        };
        check_shape(&place.location.name, &place.shape, &shape)
    }

    /// Calls `take` with each row of a matrix.
    fn each_row(
        &self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
        mut take: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let place = self.place(wanted)?;
        if self.layout.transposed && wanted.layer.is_some() {
            return place.each_column(rows, columns, take);
        }
        let convert = conversion(&place)?;
        let stored = place.location.rows.map_or(rows, |some| some.stored(rows));
        check_shape(&place.location.name, &place.shape, &[stored, columns])?;
        let row_bytes = place.data.len() / stored.max(1);
        let mut numbers = memory::zeros(&[columns])?;
        let mut done = 0;
        for (first, count) in place.location.runs(rows) {
            let start = place.data.start + first * row_bytes;
            let run = start..start + count * row_bytes;
            file_rows(place.file, run, row_bytes, TILE_ROWS, |first, bytes| {
                for (row, bytes) in (done + first..).zip(bytes.chunks_exact(row_bytes)) {
                    convert(bytes, &mut numbers);
                    take(row, &numbers)?;
                }
                Ok(())
            })?;
            done += count;
        }
        Ok(())
    }
}

impl SafetensorsSource<'_> {
    /// A matrix in its place.
    fn placed(
        &mut self,
        wanted: TensorId,
        (rows, columns): (usize, usize),
        place: fn(&Placement, &Tensor) -> Result<Matrix>,
    ) -> Result<Matrix> {
        self.check(wanted, rows, columns)?;
        let mut numbers = memory::reserved(&[rows, columns])?;
        self.each_row(wanted, rows, columns, |_, row| {
            numbers.extend_from_slice(row);
            Ok(())
        })?;
        // As it is stored, so that what is in 16 bits can stay so.
        let dtype = match self.place(wanted)?.dtype {
            Dtype::F16 => DType::F16,
            Dtype::BF16 => DType::BF16,
            _ => DType::F32,
        };
        let device = &self.placement.device;
        let tensor = Tensor::from_vec(numbers, (rows, columns), &Device::Cpu)?;
        let tensor = tensor.to_dtype(dtype)?.to_device(device)?;
        let matrix = place(&self.placement, &tensor)?;
        self.stats.count_matrix(&matrix);
        Ok(matrix)
    }
}

impl Place<'_> {
    /// All of its numbers.
    fn numbers(&self) -> Result<Vec<f32>> {
        let convert = conversion(self)?;
        let count = self.data.len() * 8 / self.dtype.bitsize();
        let mut numbers = memory::zeros(&[count])?;
        convert(&part(self.file, self.data.clone())?, &mut numbers);
        Ok(numbers)
    }

    /// As [`SafetensorsSource::each_row`] where the matrix is stored as [columns, rows].
    fn each_column(
        &self,
        rows: usize,
        columns: usize,
        mut take: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let stored = self.location.rows.map_or(rows, |some| some.stored(rows));
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

impl TensorSource for SafetensorsSource<'_> {
    fn contains(&self, wanted: TensorId) -> bool {
        self.layout.find(wanted, |name| self.find(name).is_some()).is_some()
    }

    fn matrix(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.placed(wanted, (rows, columns), Placement::place)
    }

    fn wide_matrix(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.placed(wanted, (rows, columns), Placement::place_wide)
    }

    fn packed(
        &mut self,
        wanted: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        self.check(wanted, rows, columns)?;
        let mut matrix = memory::packed(self.placement.packed_format(), rows, columns)?;
        self.each_row(wanted, rows, columns, |row, numbers| {
            // The greatest of numbers with one that is none is none, too.
            let sum: f32 = numbers.iter().map(|x| x * 0.0).sum();
            if sum != 0.0 {
                return Err(ModelFileError::Weights(format!(
                    "the tensor {} has numbers that are infinite or none, in row {row}",
                    self.layout.usual_name(wanted)
                )));
            }
            matrix.set_row(row, numbers);
            Ok(())
        })?;
        self.stats.count_packed(&matrix);
        Ok(matrix)
    }

    fn numbers(&mut self, wanted: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let place = self.place(wanted)?;
        let numbers = place.location.select(place.numbers()?, &place.shape, shape)?;
        self.stats.count_numbers(&numbers);
        Ok(numbers)
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

/// Turns the bytes of a row into numbers.
type Conversion = fn(&[u8], &mut [f32]);

/// How numbers are stored.
fn conversion(place: &Place<'_>) -> Result<Conversion> {
    match place.dtype {
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
            name: place.location.name.clone(),
            format: format!("{other:?}"),
        }),
    }
}

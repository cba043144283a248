//! Tensors from a file of packed weights.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use kernels::PackedMatrix;
use protocol::Precision;
use xxhash_rust::xxh3::xxh3_64;

use super::format::{Blob, Entry, HEADER_BYTES, Index, Kind, MAGIC, VERSION};
use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part};
use crate::gguf::{Gguf, TensorType};
use crate::memory;
use crate::weights::matrix::Matrix;
use crate::weights::placement::Placement;
use crate::weights::source::{TensorSource, check_shape, missing};
use crate::weights::stats::WeightStats;
use crate::weights::tensor_id::TensorId;

/// The tensors of one file of packed weights.
pub struct PackedSource<'a> {
    file: &'a dyn ModelFile,
    index: Index,
    /// The places of tensors in the index by their names; of two, the first.
    places: HashMap<String, usize>,
    placement: Placement,
    stats: WeightStats,
}

impl<'a> PackedSource<'a> {
    /// Reads the header and the index. Tensors are read when they are loaded.
    ///
    /// # Errors
    /// If this is no file of packed weights, it is damaged, or its version or layout is
    /// not known.
    pub fn open(file: &'a dyn ModelFile, placement: Placement) -> Result<Self> {
        let header = part(file, 0..HEADER_BYTES as usize)?;
        let number = |at: usize| {
            let bytes = header[at..at + 8].iter().rev();
            bytes.fold(0u64, |number, byte| number << 8 | u64::from(*byte))
        };
        if header[..8] != *MAGIC || number(8) != u64::from(VERSION) {
            return Err(damaged("it is not of a kind that is known here"));
        }
        let index = Blob { at: number(16), length: number(24), xxh3: number(32) };
        let json = read_blob(file, index)?;
        let index: Index = serde_json::from_slice(&json)
            .map_err(|error| damaged(&format!("its index cannot be read: {error}")))?;
        if index.layout != kernels::LAYOUT_VERSION {
            return Err(damaged("its matrices are laid out in another way"));
        }
        let names = index.tensors.iter().enumerate().rev();
        let places = names.map(|(place, entry)| (entry.name.clone(), place)).collect();
        let stats = WeightStats::default();
        Ok(PackedSource { file, index, places, placement, stats })
    }

    /// The header of the GGUF file that the weights are from; `None` if they are from
    /// safetensors.
    ///
    /// # Errors
    /// If it is damaged.
    pub fn gguf(&self) -> Result<Option<Gguf>> {
        let Some(header) = &self.index.gguf else { return Ok(None) };
        let bytes = read_blob(self.file, header.bytes)?;
        Ok(Some(Gguf::parse_start(&bytes, header.file_length)?))
    }

    /// Whether weights that are quantised in the GGUF file were quantised a second time,
    /// as versions did whose kernels had two formats.
    ///
    /// # Errors
    /// If the header of the GGUF file is damaged.
    fn is_rounded(&self) -> Result<bool> {
        if self.index.blocks_kept {
            return Ok(false);
        }
        let Some(gguf) = self.gguf()? else { return Ok(false) };
        let has = |format| {
            let kind = Kind::Blocks(format);
            self.index.tensors.iter().any(|entry| entry.kind == kind)
        };
        let mut matrices = gguf.tensors().iter().filter(|tensor| tensor.shape.len() > 1);
        Ok(matrices.any(|tensor| match tensor.format {
            TensorType::Blocks(format) => !has(format),
            _ => false,
        }))
    }

    fn entry(&self, id: TensorId) -> Option<&Entry> {
        self.index.tensors.get(*self.places.get(&id.to_string())?)
    }

    fn find(&self, id: TensorId, shape: [usize; 2]) -> Result<&Entry> {
        let name = id.to_string();
        let entry = self.entry(id).ok_or_else(|| missing(&name))?;
        check_shape(&name, &[entry.rows, entry.columns], &shape)?;
        Ok(entry)
    }

    /// A matrix in the format that it has in the file.
    fn load(&self, id: TensorId, rows: usize, columns: usize) -> Result<PackedMatrix> {
        let entry = self.find(id, [rows, columns])?;
        let Kind::Blocks(format) = entry.kind else {
            return Err(damaged("a matrix is none"));
        };
        check_range(self.file, entry.values)?;
        // The size is compared with that of the file, before memory is allocated: no value
        // has less than two bits.
        if rows.checked_mul(columns).is_none_or(|n| n as u64 / 4 > entry.values.length) {
            return Err(damaged("a matrix has another size"));
        }
        let mut matrix = memory::packed(format, rows, columns)?;
        let (values, scales) = matrix.parts_mut();
        let bytes = read_blob(self.file, entry.scales)?;
        if values.len() as u64 != entry.values.length || bytes.len() != scales.len() {
            return Err(damaged("a matrix has another size"));
        }
        self.file.read(entry.values.at, values).map_err(ModelFileError::File)?;
        if xxh3_64(values) != entry.values.xxh3 {
            return Err(damaged("a matrix is not what it was"));
        }
        scales.copy_from_slice(&bytes);
        Ok(matrix)
    }
}

impl PackedSource<'_> {
    /// A matrix in f32, and the format that it has in the file.
    fn dense(
        &self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<(Tensor, TensorType)> {
        let packed = self.load(id, rows, columns)?;
        let mut numbers = memory::zeros(&[rows, columns])?;
        for (row, numbers) in numbers.chunks_mut(columns.max(1)).enumerate() {
            packed.row(row, numbers);
        }
        let tensor = Tensor::from_vec(numbers, (rows, columns), &self.placement.device)?;
        Ok((tensor, TensorType::Blocks(packed.format())))
    }
}

/// What a file of packed weights is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedState {
    /// It has the weights as this version would pack them.
    Current,
    /// It can be used, but has rounded weights that were quantised already: an earlier
    /// version packed a GGUF file of a format that it had no kernels for.
    Rounded,
    /// It is none, or not whole.
    Unusable,
}

/// What a file of packed weights is good for, by its header and index. The data are not
/// checked.
pub fn packed_state(file: &dyn ModelFile) -> PackedState {
    let placement = Placement { precision: Precision::Auto, device: Device::Cpu };
    match PackedSource::open(file, placement).and_then(|source| source.is_rounded()) {
        Ok(false) => PackedState::Current,
        Ok(true) => PackedState::Rounded,
        Err(_) => PackedState::Unusable,
    }
}

/// Reads a whole file of packed weights and checks its hashes.
///
/// # Errors
/// If anything does not match its hash.
pub fn verify_packed(file: &dyn ModelFile) -> Result<()> {
    let placement = Placement { precision: Precision::Auto, device: Device::Cpu };
    let source = PackedSource::open(file, placement)?;
    for entry in &source.index.tensors {
        read_blob(file, entry.values)?;
        read_blob(file, entry.scales)?;
    }
    source.gguf().map(|_| ())
}

impl TensorSource for PackedSource<'_> {
    fn contains(&self, id: TensorId) -> bool {
        self.entry(id).is_some()
    }

    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix> {
        let (tensor, stored) = self.dense(id, rows, columns)?;
        let matrix = self.placement.place_stored(&tensor, id, stored)?;
        self.stats.count_matrix(&matrix, stored.name());
        Ok(matrix)
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        let (tensor, stored) = self.dense(id, rows, columns)?;
        let matrix = self.placement.place_stored_wide(&tensor, id, stored)?;
        self.stats.count_matrix(&matrix, stored.name());
        Ok(matrix)
    }

    /// As it is in the file, whatever precision was asked for: it is quantised already.
    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let matrix = self.load(id, rows, columns)?;
        let stored = self.stored_format(id).unwrap_or_default();
        self.stats.count_packed(&matrix, &stored);
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let count = shape.iter().product();
        let entry = self.find(id, [1, count])?;
        let bytes = read_blob(self.file, entry.values)?;
        if entry.kind != Kind::F32 || Some(bytes.len()) != count.checked_mul(4) {
            return Err(damaged("a tensor of numbers is none"));
        }
        let numbers: Vec<f32> =
            bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        self.stats.count_numbers(&numbers);
        Ok(numbers)
    }

    fn stored_format(&self, id: TensorId) -> Option<String> {
        self.entry(id)?.stored.clone()
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

/// Checks that a part is within its file.
fn check_range(file: &dyn ModelFile, blob: Blob) -> Result<()> {
    let end = blob.at.checked_add(blob.length);
    match end.is_some_and(|end| end <= file.length() && usize::try_from(end).is_ok()) {
        true => Ok(()),
        false => Err(damaged("it is cut short")),
    }
}

/// Reads a part of the file and checks its hash.
fn read_blob(file: &dyn ModelFile, blob: Blob) -> Result<std::borrow::Cow<'_, [u8]>> {
    check_range(file, blob)?;
    if blob.length == 0 {
        return Ok([].as_slice().into());
    }
    let bytes = part(file, blob.at as usize..(blob.at + blob.length) as usize)?;
    match xxh3_64(&bytes) == blob.xxh3 {
        true => Ok(bytes),
        false => Err(damaged("a part of it is not what it was")),
    }
}

fn damaged(what: &str) -> ModelFileError {
    ModelFileError::Weights(format!("the stored weights cannot be used: {what}"))
}

//! Tensors from a file of packed weights.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use kernels::PackedMatrix;
use protocol::Precision;

use super::format::{Entry, HEADER_BYTES, Index, Kind, MAGIC, VERSION};
use crate::error::Result;
use crate::file::{ModelFile, SharedFile, part};
use crate::gguf::{Gguf, TensorType};
use crate::memory;
use crate::weights::matrix::Matrix;
use crate::weights::placement::Placement;
use crate::weights::source::{TensorSource, check_shape, missing};
use crate::weights::stats::WeightStats;
use crate::weights::stored::{Blob, MatrixPlace, StoredMatrix, damaged, read_blob};
use crate::weights::tensor_id::TensorId;

/// The tensors of one file of packed weights.
pub struct PackedSource<'a> {
    file: &'a dyn ModelFile,
    /// The same file, if it stays open.
    shared: Option<SharedFile>,
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
        Ok(PackedSource { file, shared: None, index, places, placement, stats })
    }

    /// As [`open`](Self::open), of a file that stays open: matrices can be left in it.
    ///
    /// # Errors
    /// As those of [`open`](Self::open).
    pub fn open_shared(file: &'a SharedFile, placement: Placement) -> Result<Self> {
        let source = PackedSource::open(&**file, placement)?;
        Ok(PackedSource { shared: Some(file.clone()), ..source })
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
        self.place(id, rows, columns)?.load(self.file)
    }

    /// Where in the file a matrix is.
    fn place(&self, id: TensorId, rows: usize, columns: usize) -> Result<MatrixPlace> {
        let entry = self.find(id, [rows, columns])?;
        let Kind::Blocks(format) = entry.kind else {
            return Err(damaged("a matrix is none"));
        };
        let (values, scales) = (entry.values, entry.scales);
        let place = MatrixPlace { format, rows, columns, values, scales };
        place.check(self.file).map(|()| place)
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

    fn stored(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<StoredMatrix> {
        let Some(file) = self.shared.clone() else {
            return Err(damaged("their file does not stay open"));
        };
        let matrix = StoredMatrix::new(file, self.place(id, rows, columns)?);
        let stored = self.stored_format(id).unwrap_or_default();
        self.stats.count_stored(&matrix, &stored);
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

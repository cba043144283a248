//! Tensors from a GGUF file. Format: ggml's `docs/gguf.md`; tensor names as in
//! llama.cpp's converter.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Tensor};
use kernels::{PackError, PackedMatrix, TILE_ROWS};

use super::gguf_latent;
use super::layout::{Layout, TensorLocation};
use super::matrix::Matrix;
use super::placement::Placement;
use super::source::{TensorSource, check_shape, missing};
use super::stats::WeightStats;
use super::stored_rows::{aligned, candle_format, decode, not_finite, part_of_expert};
use super::tensor_id::{Role, TensorId};
use crate::config::Config;
use crate::error::Result;
use crate::file::{ModelFile, part, rows as file_rows};
use crate::gguf::{Gguf, TensorInfo, TensorType};
use crate::memory;

/// The tensors of one GGUF file.
pub struct GgufSource<'a> {
    gguf: &'a Gguf,
    file: &'a dyn ModelFile,
    layout: Layout,
    placement: Placement,
    stats: WeightStats,
    latent: Option<gguf_latent::Sizes>,
}

impl<'a> GgufSource<'a> {
    /// A source of the tensors that the header `gguf` describes in `file`.
    pub fn new(
        gguf: &'a Gguf,
        file: &'a dyn ModelFile,
        config: &Config,
        placement: Placement,
    ) -> Self {
        let layout = Layout::gguf(config);
        let latent = config.latent.as_ref().map(|latent| {
            let heads = config.num_attention_heads;
            gguf_latent::Sizes::of(latent, heads, config.head_dim)
        });
        let stats = WeightStats::default();
        GgufSource { gguf, file, layout, placement, stats, latent }
    }

    fn locate(&self, id: TensorId) -> Option<TensorLocation> {
        self.layout.find(id, |name| self.gguf.tensor(name).is_some())
    }

    fn find(&self, id: TensorId) -> Result<(TensorLocation, Cow<'a, TensorInfo>)> {
        let location = self.locate(id);
        let found = location.and_then(|location| {
            let info = self.gguf.tensor(&location.name)?;
            Some((location, info))
        });
        let (location, info) =
            found.ok_or_else(|| missing(&self.layout.usual_name(id)))?;
        let info = match location.expert {
            None => Cow::Borrowed(info),
            Some(expert) => Cow::Owned(part_of_expert(info, expert)?),
        };
        Ok((location, info))
    }

    /// The location of a matrix of shape [rows, columns] in the file.
    fn matrix_at(
        &self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<MatrixLocation<'a>> {
        let (location, info) = self.find(id)?;
        let stored = location.rows.map_or(rows, |selection| selection.stored(rows));
        check_shape(&location.name, &info.shape, &[stored, columns])?;
        let (row_bytes, offset) = (info.bytes / stored.max(1), info.offset);
        let runs = location.runs(rows).map(|(first, count)| {
            let start = offset + first * row_bytes;
            (count, start..start + count * row_bytes)
        });
        Ok(MatrixLocation { info, row_bytes, runs: runs.collect() })
    }

    /// The bytes of a matrix.
    fn bytes(&self, matrix: &MatrixLocation<'_>) -> Result<Cow<'a, [u8]>> {
        if let [(_, run)] = &matrix.runs[..] {
            return part(self.file, run.clone());
        }
        let length = matrix.runs.iter().map(|(_, run)| run.len()).sum();
        let mut bytes = memory::reserved(&[length])?;
        for (_, run) in &matrix.runs {
            bytes.extend_from_slice(&part(self.file, run.clone())?);
        }
        Ok(Cow::Owned(bytes))
    }

    /// The numbers of a matrix of `columns` columns, in the format in which they are in
    /// the file or, if they are in blocks, in f32.
    fn tensor(&self, matrix: &MatrixLocation<'_>, columns: usize) -> Result<Tensor> {
        let rows = matrix.runs.iter().map(|(count, _)| count).sum();
        let device = &self.placement.device;
        let dtype = match matrix.info.format {
            TensorType::F32 => DType::F32,
            TensorType::F16 => DType::F16,
            TensorType::Bf16 => DType::BF16,
            TensorType::Blocks(_) => {
                let mut numbers = memory::zeros(&[rows, columns])?;
                self.each_part(matrix, |first, bytes| {
                    let count = bytes.len() / matrix.row_bytes * columns;
                    let numbers = &mut numbers[first * columns..][..count];
                    decode(&matrix.info, columns, bytes, numbers)
                })?;
                return Ok(Tensor::from_vec(numbers, (rows, columns), device)?);
            }
        };
        let bytes = self.bytes(matrix)?;
        Ok(Tensor::from_raw_buffer(&bytes, dtype, &[rows, columns], device)?)
    }

    /// Calls `take` with the bytes of some rows after the other and the number of the
    /// first of them.
    fn each_part(
        &self,
        matrix: &MatrixLocation<'_>,
        mut take: impl FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut done = 0;
        for (count, run) in &matrix.runs {
            let take = |first: usize, bytes: &[u8]| take(done + first, bytes);
            file_rows(self.file, run.clone(), matrix.row_bytes, TILE_ROWS, take)?;
            done += count;
        }
        Ok(())
    }

    /// A matrix in the format and on the device of the placement. `place` converts it if
    /// its format in the file is not used.
    fn placed(
        &mut self,
        id: TensorId,
        (rows, columns): (usize, usize),
        place: fn(&Placement, &Tensor, TensorId, TensorType) -> Result<Matrix>,
    ) -> Result<Matrix> {
        if let Some((all, stored)) = self.joined_latent(id)? {
            let device = &self.placement.device;
            let tensor = Tensor::from_vec(all, (rows, columns), device)?;
            let matrix = place(&self.placement, &tensor, id, stored)?;
            self.stats.count_matrix(&matrix, stored.name());
            return Ok(matrix);
        }
        let location = self.matrix_at(id, rows, columns)?;
        let stored = location.info.format;
        let matrix = match self.kept(stored, columns) {
            Some(format) => {
                let bytes = aligned(self.bytes(&location)?);
                let device = &self.placement.device;
                let storage = QStorage::from_data(bytes, device, format)?;
                Matrix::packed(QTensor::new(storage, (rows, columns))?, columns)?
            }
            None => {
                place(&self.placement, &self.tensor(&location, columns)?, id, stored)?
            }
        };
        self.stats.count_matrix(&matrix, stored.name());
        Ok(matrix)
    }

    /// The numbers of a matrix that the file has in two parts, and their format there; `None`
    /// of all other matrices.
    fn joined_latent(&mut self, id: TensorId) -> Result<Option<(Vec<f32>, TensorType)>> {
        let (Role::LatentUp, Some(sizes), None) = (id.role, self.latent, self.locate(id))
        else {
            return Ok(None);
        };
        let stats = self.stats.clone();
        let [keys, values] = sizes.shapes();
        let part = |role| TensorId { role, ..id };
        let keys = self.numbers(part(Role::LatentUpKeys), &keys)?;
        let values = self.numbers(part(Role::LatentUpValues), &values)?;
        self.stats = stats;
        let (_, info) = self.find(part(Role::LatentUpKeys))?;
        let stored = info.format;
        Ok(Some((sizes.joined(&keys, &values)?, stored)))
    }

    /// The candle format of blocks that stay as they are: what is quantised already is
    /// not quantised again.
    fn kept(&self, stored: TensorType, columns: usize) -> Option<GgmlDType> {
        match stored {
            TensorType::Blocks(format) if self.placement.keeps_blocks() => {
                candle_format(format, columns)
            }
            _ => None,
        }
    }
}

/// The location of a matrix in the file.
struct MatrixLocation<'a> {
    info: Cow<'a, TensorInfo>,
    row_bytes: usize,
    /// Runs of adjacent rows: their number, and their bytes in the file.
    runs: Vec<(usize, Range<usize>)>,
}

impl TensorSource for GgufSource<'_> {
    fn contains(&self, id: TensorId) -> bool {
        self.locate(id).is_some()
    }

    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix> {
        self.placed(id, (rows, columns), Placement::place_stored)
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.placed(id, (rows, columns), Placement::place_stored_wide)
    }

    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        if let Some((all, stored)) = self.joined_latent(id)? {
            let format = self.placement.packed_format(id, rows, columns);
            let matrix = gguf_latent::packed(&all, format, rows, columns)?;
            self.stats.count_packed(&matrix, stored.name());
            return Ok(matrix);
        }
        let location = self.matrix_at(id, rows, columns)?;
        let info = &*location.info;
        // Blocks stay what they are, whatever was asked for.
        let format = match info.format {
            TensorType::Blocks(format) => format,
            _ => self.placement.packed_format(id, rows, columns),
        };
        let keeps = info.format == TensorType::Blocks(format);
        let mut matrix = memory::packed(format, rows, columns)?;
        let mut numbers = memory::zeros(&[if keeps { 0 } else { columns }])?;
        self.each_part(&location, |first, bytes| {
            if keeps {
                let set = matrix.set_rows_from_ggml(first, bytes);
                return set.map_err(|error| not_finite(info, error));
            }
            let rows = bytes.chunks_exact(location.row_bytes);
            for (row, bytes) in (first..).zip(rows) {
                decode(info, columns, bytes, &mut numbers)?;
                if !kernels::can_be_packed(&numbers) {
                    return Err(not_finite(info, PackError { row }));
                }
                matrix.set_row(row, &numbers);
            }
            Ok(())
        })?;
        self.stats.count_packed(&matrix, info.format.name());
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let (location, info) = self.find(id)?;
        let bytes = part(self.file, info.range())?;
        let mut all = memory::zeros(&info.shape)?;
        let columns = info.shape.last().copied().unwrap_or(1);
        decode(&info, columns, &bytes, &mut all)?;
        let numbers = location.select(all, &info.shape, shape)?;
        self.stats.count_numbers(&numbers);
        Ok(numbers)
    }

    fn stored_format(&self, id: TensorId) -> Option<String> {
        let (_, info) = self.find(id).ok()?;
        Some(info.format.name().to_owned())
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

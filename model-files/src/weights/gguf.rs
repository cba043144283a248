//! Tensors from a GGUF file. Format: ggml's `docs/gguf.md`; tensor names as in
//! llama.cpp's converter.

use std::borrow::Cow;
use std::ops::Range;

use candle_core::quantized::{GgmlDType, QStorage, QTensor};
use candle_core::{DType, Device, Tensor};
use kernels::{BLOCK_COLUMNS, PackError, PackedFormat, PackedMatrix, TILE_ROWS};
use protocol::Precision;

use super::layout::{Layout, TensorLocation};
use super::matrix::Matrix;
use super::placement::Placement;
use super::source::{TensorSource, check_shape, missing};
use super::stats::WeightStats;
use super::tensor_id::TensorId;
use crate::config::Config;
use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part, rows as file_rows};
use crate::gguf::{Gguf, TensorInfo};
use crate::memory;

/// The tensors of one GGUF file.
pub struct GgufSource<'a> {
    gguf: &'a Gguf,
    file: &'a dyn ModelFile,
    layout: Layout,
    placement: Placement,
    stats: WeightStats,
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
        GgufSource { gguf, file, layout, placement, stats: WeightStats::default() }
    }

    fn locate(&self, id: TensorId) -> Option<TensorLocation> {
        self.layout.find(id, |name| self.gguf.tensor(name).is_some())
    }

    fn find(&self, id: TensorId) -> Result<(TensorLocation, &'a TensorInfo)> {
        let location = self.locate(id);
        let found = location.and_then(|location| {
            let info = self.gguf.tensor(&location.name)?;
            Some((location, info))
        });
        found.ok_or_else(|| missing(&self.layout.usual_name(id)))
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
        let row_bytes = info.bytes / stored.max(1);
        let runs = location.runs(rows).map(|(first, count)| {
            let start = info.offset + first * row_bytes;
            (count, start..start + count * row_bytes)
        });
        Ok(MatrixLocation { info, row_bytes, runs: runs.collect() })
    }

    /// A matrix of shape [rows, columns] as it is in the file.
    fn load(&self, id: TensorId, (rows, columns): (usize, usize)) -> Result<Stored> {
        let MatrixLocation { info, runs, .. } = self.matrix_at(id, rows, columns)?;
        let bytes = match &runs[..] {
            [(_, run)] => part(self.file, run.clone())?,
            runs => {
                let length = runs.iter().map(|(_, run)| run.len()).sum();
                let mut bytes = memory::reserved(&[length])?;
                for (_, run) in runs {
                    bytes.extend_from_slice(&part(self.file, run.clone())?);
                }
                Cow::Owned(bytes)
            }
        };
        let (shape, device) = ((rows, columns), &self.placement.device);
        let dtype = match info.dtype {
            GgmlDType::F32 => DType::F32,
            GgmlDType::F16 => DType::F16,
            GgmlDType::BF16 => DType::BF16,
            blocks => {
                let storage = QStorage::from_data(aligned(bytes), device, blocks)?;
                return Ok(Stored::Blocks(QTensor::new(storage, shape)?));
            }
        };
        Ok(Stored::Numbers(Tensor::from_raw_buffer(
            &bytes,
            dtype,
            &[rows, columns],
            device,
        )?))
    }

    /// A matrix in the format and on the device of the placement. `place` converts it if
    /// its format in the file is not used.
    fn placed(
        &mut self,
        id: TensorId,
        shape: (usize, usize),
        place: fn(&Placement, &Tensor, TensorId) -> Result<Matrix>,
    ) -> Result<Matrix> {
        let device = &self.placement.device;
        let matrix = match self.load(id, shape)? {
            Stored::Numbers(tensor) => place(&self.placement, &tensor, id)?,
            Stored::Blocks(blocks) => {
                let keep = match self.placement.precision {
                    Precision::Auto => is_multipliable(&blocks),
                    Precision::Q8 => blocks.dtype() == GgmlDType::Q8_0,
                    Precision::Q4 => blocks.dtype() == GgmlDType::Q4_0,
                    Precision::F32 | Precision::F16 | Precision::Bf16 => false,
                };
                match keep {
                    true => Matrix::packed(blocks, shape.1)?,
                    false => place(&self.placement, &blocks.dequantize(device)?, id)?,
                }
            }
        };
        self.stats.count_matrix(&matrix);
        Ok(matrix)
    }
}

/// A matrix in its format in the file.
enum Stored {
    /// Floating-point numbers.
    Numbers(Tensor),
    /// Quantised blocks.
    Blocks(QTensor),
}

/// The location of a matrix in the file.
struct MatrixLocation<'a> {
    info: &'a TensorInfo,
    row_bytes: usize,
    /// Runs of adjacent rows: their number, and their bytes in the file.
    runs: Vec<(usize, Range<usize>)>,
}

/// Whether candle can multiply with these blocks: it needs an even number of some kinds
/// in a row.
fn is_multipliable(tensor: &QTensor) -> bool {
    let blocks = tensor.shape().dims().last().map_or(0, |width| width / BLOCK_COLUMNS);
    match tensor.dtype() {
        GgmlDType::Q4_1 | GgmlDType::Q5_0 | GgmlDType::Q5_1 => blocks.is_multiple_of(2),
        _ => true,
    }
}

/// The packed format of a tensor that is in blocks; such a tensor stays as it is.
fn packed_format(dtype: GgmlDType) -> Option<PackedFormat> {
    Some(match dtype {
        GgmlDType::Q4_0 => PackedFormat::Q4_0,
        GgmlDType::Q4_1 => PackedFormat::Q4_1,
        GgmlDType::Q5_0 => PackedFormat::Q5_0,
        GgmlDType::Q5_1 => PackedFormat::Q5_1,
        GgmlDType::Q8_0 => PackedFormat::Q8_0,
        GgmlDType::Q2K => PackedFormat::Q2K,
        GgmlDType::Q3K => PackedFormat::Q3K,
        GgmlDType::Q4K => PackedFormat::Q4K,
        GgmlDType::Q5K => PackedFormat::Q5K,
        GgmlDType::Q6K => PackedFormat::Q6K,
        _ => return None,
    })
}

/// The numbers of a tensor in any format, in f32.
fn dequantised(
    bytes: Cow<'_, [u8]>,
    dtype: GgmlDType,
    shape: &[usize],
) -> Result<Tensor> {
    let storage = QStorage::from_data(aligned(bytes), &Device::Cpu, dtype)?;
    Ok(QTensor::new(storage, shape)?.dequantize(&Device::Cpu)?)
}

impl TensorSource for GgufSource<'_> {
    fn contains(&self, id: TensorId) -> bool {
        self.locate(id).is_some()
    }

    fn matrix(&mut self, id: TensorId, rows: usize, columns: usize) -> Result<Matrix> {
        self.placed(id, (rows, columns), Placement::place)
    }

    fn wide_matrix(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.placed(id, (rows, columns), Placement::place_wide)
    }

    fn packed(
        &mut self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let MatrixLocation { info, row_bytes, runs } =
            self.matrix_at(id, rows, columns)?;
        let not_finite = |error: PackError| {
            ModelFileError::Weights(format!(
                "the tensor {} is damaged: {error}",
                info.name
            ))
        };
        let stored_format = packed_format(info.dtype);
        let format = stored_format
            .unwrap_or_else(|| self.placement.packed_format(id, rows, columns));
        let mut matrix = memory::packed(format, rows, columns)?;
        let mut done = 0;
        for (count, run) in runs {
            let set_rows = |first: usize, bytes: &[u8]| {
                let first = done + first;
                if stored_format.is_some() {
                    return matrix.set_rows_from_ggml(first, bytes).map_err(not_finite);
                }
                let shape = [bytes.len() / row_bytes, columns];
                let numbers = dequantised(Cow::Borrowed(bytes), info.dtype, &shape)?;
                for (row, numbers) in (first..).zip(numbers.to_vec2::<f32>()?) {
                    if !kernels::can_be_packed(&numbers) {
                        return Err(not_finite(PackError { row }));
                    }
                    matrix.set_row(row, &numbers);
                }
                Ok(())
            };
            file_rows(self.file, run, row_bytes, TILE_ROWS, set_rows)?;
            done += count;
        }
        self.stats.count_packed(&matrix);
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let (location, info) = self.find(id)?;
        let bytes = part(self.file, info.range())?;
        let all = dequantised(bytes, info.dtype, &info.shape)?;
        let all = all.flatten_all()?.to_vec1()?;
        let numbers = location.select(all, &info.shape, shape)?;
        self.stats.count_numbers(&numbers);
        Ok(numbers)
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

/// The bytes at an address that is aligned for blocks of any format; copied if theirs is
/// not.
fn aligned(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    const ALIGNMENT: usize = 4;
    if bytes.as_ptr().align_offset(ALIGNMENT) == 0 {
        return bytes;
    }
    // A byte vector of this size comes from the allocator aligned to a word at least.
    Cow::Owned(bytes.to_vec())
}

//! Tensors from safetensors files, one or several shards.

mod file;
mod fit;
mod four_bits;
mod names;

use candle_core::{DType, Device, Tensor};
use kernels::{PackedFormat, PackedMatrix, TILE_ROWS};
use safetensors::Dtype;
use safetensors::tensor::TensorInfo;

use self::file::{Shard, StoredTensor, conversion};
use self::four_bits::FourBits;
use self::names::Renaming;
use super::layout::Layout;
use super::matrix::Matrix;
use super::placement::Placement;
use super::source::{TensorSource, check_shape, missing};
use super::stats::WeightStats;
use super::tensor_id::{Role, TensorId};

use crate::config::Config;
use crate::error::{ModelFileError, Result};
use crate::file::{BoxedFile, rows as file_rows};
use crate::memory;

/// The tensors of all shards of a model.
pub struct SafetensorsSource<'a> {
    shards: Vec<Shard<'a>>,
    layout: Layout,
    renaming: Renaming,
    placement: Placement,
    stats: WeightStats,
}

impl<'a> SafetensorsSource<'a> {
    /// Reads the headers of the shards. Tensors are read when they are loaded.
    ///
    /// # Errors
    /// If a header is damaged or describes another number of bytes than its file has, or
    /// the weights are quantised or an adapter.
    pub fn new(
        files: &'a [BoxedFile],
        config: &Config,
        placement: Placement,
    ) -> Result<Self> {
        let open = |file: &'a BoxedFile| Shard::open(&**file);
        let shards = files.iter().map(open).collect::<Result<Vec<_>>>()?;
        let layout = Layout::hugging_face(config);
        let (renaming, stats) = (Renaming::default(), WeightStats::default());
        let mut source = SafetensorsSource { shards, layout, renaming, placement, stats };
        names::check(source.names())?;
        let embedding =
            TensorId { role: Role::Embedding, layer: None, expert: None, bias: false };
        let usual = source.layout.usual_names(embedding);
        source.renaming = Renaming::of(&usual, |name| source.stored(name).is_some());
        Ok(source)
    }

    /// The names of all tensors.
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        let shards = self.shards.iter();
        shards.flat_map(|shard| shard.names.iter().map(String::as_str))
    }

    fn stored(&self, name: &str) -> Option<(&Shard<'a>, &TensorInfo)> {
        self.shards.iter().find_map(|shard| Some((shard, shard.metadata.info(name)?)))
    }

    /// A tensor by its usual name.
    fn find(&self, name: &str) -> Option<(&Shard<'a>, &TensorInfo)> {
        self.stored(name).or_else(|| self.stored(&self.renaming.stored_name(name)))
    }

    /// Finds a tensor in the shards.
    fn tensor(&self, id: TensorId) -> Result<StoredTensor<'a>> {
        let location = self.layout.find(id, |name| self.find(name).is_some());
        let location = location.ok_or_else(|| match id.role {
            Role::Head => ModelFileError::NotAModel {
                is: "without an output head, so they predict no token: they may be made for \
                     embeddings or for sorting texts into classes",
            },
            _ => missing(&self.layout.usual_name(id)),
        })?;
        match self.find(&location.name) {
            Some((shard, info)) => shard.tensor(location, info),
            None => Err(missing(&location.name)),
        }
    }

    /// A matrix of this shape, if it is in blocks of four bits.
    fn four_bits(
        &self,
        id: TensorId,
        rows: usize,
        columns: usize,
    ) -> Result<Option<FourBits<'a>>> {
        let tensor = self.tensor(id)?;
        let Some(scales) = &tensor.location.scales else { return Ok(None) };
        let Some((shard, _)) = self.find(scales) else { return Err(missing(scales)) };
        FourBits::new(tensor, shard, columns, rows).map(Some)
    }

    /// Checks that a matrix has this shape and is within its file, before memory is
    /// allocated.
    fn check_matrix(&self, id: TensorId, rows: usize, columns: usize) -> Result<()> {
        if self.four_bits(id, rows, columns)?.is_some() {
            return Ok(());
        }
        let tensor = self.tensor(id)?;
        let stored =
            tensor.location.rows.map_or(rows, |selection| selection.stored(rows));
        let shape = match tensor.location.transposed {
            true => [columns, stored],
            false => [stored, columns],
        };
        check_shape(&tensor.location.name, &tensor.shape, &shape)
    }

    /// Calls `take` with each row of a matrix.
    fn each_row(
        &self,
        id: TensorId,
        rows: usize,
        columns: usize,
        mut take: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        if let Some(matrix) = self.four_bits(id, rows, columns)? {
            return matrix.each_row_of_numbers(rows, take);
        }
        let tensor = self.tensor(id)?;
        if tensor.location.transposed {
            return tensor.each_column(rows, columns, take);
        }
        let convert = conversion(&tensor)?;
        let stored =
            tensor.location.rows.map_or(rows, |selection| selection.stored(rows));
        check_shape(&tensor.location.name, &tensor.shape, &[stored, columns])?;
        let row_bytes = tensor.data.len() / stored.max(1);
        let mut numbers = memory::zeros(&[columns])?;
        let mut done = 0;
        for (first, count) in tensor.location.runs(rows) {
            let start = tensor.data.start + first * row_bytes;
            let run = start..start + count * row_bytes;
            file_rows(tensor.file, run, row_bytes, TILE_ROWS, |first, bytes| {
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
    /// A matrix in the format and on the device of the placement.
    fn placed(
        &mut self,
        id: TensorId,
        (rows, columns): (usize, usize),
        place: fn(&Placement, &Tensor, TensorId) -> Result<Matrix>,
    ) -> Result<Matrix> {
        self.check_matrix(id, rows, columns)?;
        let mut numbers = memory::reserved(&[rows, columns])?;
        self.each_row(id, rows, columns, |_, row| {
            numbers.extend_from_slice(row);
            Ok(())
        })?;
        // In its stored format, so that 16-bit numbers can be kept.
        let dtype = match self.tensor(id)?.dtype {
            Dtype::F16 => DType::F16,
            // Four bits fit in them.
            Dtype::BF16 | Dtype::U8 => DType::BF16,
            _ => DType::F32,
        };
        let device = &self.placement.device;
        let tensor = Tensor::from_vec(numbers, (rows, columns), &Device::Cpu)?;
        let tensor = tensor.to_dtype(dtype)?.to_device(device)?;
        let matrix = place(&self.placement, &tensor, id)?;
        let stored = self.stored_format(id).unwrap_or_default();
        self.stats.count_matrix(&matrix, &stored);
        Ok(matrix)
    }
}

impl TensorSource for SafetensorsSource<'_> {
    fn contains(&self, id: TensorId) -> bool {
        self.layout.find(id, |name| self.find(name).is_some()).is_some()
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
        if let Some(stored) = self.four_bits(id, rows, columns)? {
            // As in a GGUF file, blocks stay what they are.
            let mut matrix = memory::packed(PackedFormat::Mxfp4, rows, columns)?;
            stored.each_row(rows, |row, bytes| stored.set(&mut matrix, row, bytes))?;
            self.stats.count_packed(&matrix, PackedFormat::Mxfp4.name());
            return Ok(matrix);
        }
        self.check_matrix(id, rows, columns)?;
        let format = self.placement.packed_format(id, rows, columns);
        let mut matrix = memory::packed(format, rows, columns)?;
        self.each_row(id, rows, columns, |row, numbers| {
            if !kernels::can_be_packed(numbers) {
                return Err(ModelFileError::Weights(format!(
                    "the tensor {} has numbers in row {row} that are infinite, not \
                     numbers, or too large for blocks of 8 and 4 bits",
                    self.layout.usual_name(id)
                )));
            }
            matrix.set_row(row, numbers);
            Ok(())
        })?;
        let stored = self.stored_format(id).unwrap_or_default();
        self.stats.count_packed(&matrix, &stored);
        Ok(matrix)
    }

    fn numbers(&mut self, id: TensorId, shape: &[usize]) -> Result<Vec<f32>> {
        let tensor = self.tensor(id)?;
        let numbers = tensor.location.select(tensor.numbers()?, &tensor.shape, shape)?;
        self.stats.count_numbers(&numbers);
        Ok(numbers)
    }

    fn stored_format(&self, id: TensorId) -> Option<String> {
        let tensor = self.tensor(id).ok()?;
        Some(match tensor.location.scales {
            Some(_) => PackedFormat::Mxfp4.name().to_owned(),
            None => format!("{:?}", tensor.dtype),
        })
    }

    fn stats(&self) -> &WeightStats {
        &self.stats
    }
}

//! Matrices in blocks of four bits, as gpt-oss is published: MXFP4 (OCP Microscaling Formats
//! 1.0), whose values and scales are two tensors. Each byte holds two adjacent columns.

use std::ops::Range;

use kernels::{PackedFormat, PackedMatrix};
use safetensors::Dtype;

use super::file::{Shard, StoredTensor};
use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part};
use crate::memory;
use crate::weights::source::check_shape;

/// Columns of a block, and the bytes of their values.
const COLUMNS: usize = PackedFormat::Mxfp4.block_columns();
const BYTES: usize = COLUMNS / 2;
/// The same block in ggml's layout, which begins with its scale.
const GGML_BYTES: usize = BYTES + 1;

/// A matrix of four bits in its file.
pub(super) struct FourBits<'a> {
    blocks: StoredTensor<'a>,
    file: &'a dyn ModelFile,
    scales: Range<usize>,
    /// Blocks in a row.
    width: usize,
}

impl<'a> FourBits<'a> {
    /// The matrix of shape [`rows`, `columns`] whose values are `blocks`, [rows, columns / 32,
    /// 16], and whose scales are in `shard`, [rows, columns / 32].
    ///
    /// # Errors
    /// If they have other shapes or number formats.
    pub(super) fn new(
        blocks: StoredTensor<'a>,
        shard: &Shard<'a>,
        columns: usize,
        rows: usize,
    ) -> Result<FourBits<'a>> {
        let missing =
            |name: &str| ModelFileError::Weights(format!("the tensor {name} is missing"));
        let location = &blocks.location;
        let name = location.scales.clone().unwrap_or_default();
        let info = shard.metadata.info(&name).ok_or_else(|| missing(&name))?;
        let mut location = location.clone();
        location.name.clone_from(&name);
        let scales = shard.tensor(location, info)?;
        let stored = blocks.location.rows.map_or(rows, |rows_of| rows_of.stored(rows));
        let width = columns / COLUMNS;
        if !columns.is_multiple_of(COLUMNS) {
            return Err(ModelFileError::Weights(format!(
                "the tensor {} has rows that are not whole blocks",
                blocks.location.name
            )));
        }
        check_shape(&blocks.location.name, &blocks.shape, &[stored, width, BYTES])?;
        check_shape(&name, &scales.shape, &[stored, width])?;
        for (tensor, other) in [(&blocks, Dtype::U8), (&scales, Dtype::F8_E8M0)] {
            if tensor.dtype != Dtype::U8 && tensor.dtype != other {
                return Err(ModelFileError::NumberFormat {
                    name: tensor.location.name.clone(),
                    format: format!("{:?}", tensor.dtype),
                });
            }
        }
        Ok(FourBits { file: scales.file, scales: scales.data, blocks, width })
    }

    /// Calls `take` with the number of each of `rows` rows and its bytes in ggml's layout.
    pub(super) fn each_row(
        &self,
        rows: usize,
        mut take: impl FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut bytes = memory::zeros(&[self.width, GGML_BYTES])?;
        // An expert's values are some megabytes, which are read at once.
        let all = part(self.blocks.file, self.blocks.data.clone())?;
        let scales = part(self.file, self.scales.clone())?;
        let stored = self.blocks.location.runs(rows).flat_map(|(at, n)| at..at + n);
        for (row, stored) in stored.enumerate() {
            let values = all[stored * self.width * BYTES..].chunks_exact(BYTES);
            let scales = &scales[stored * self.width..];
            let blocks = bytes.chunks_exact_mut(GGML_BYTES);
            for ((block, values), scale) in blocks.zip(values).zip(scales) {
                block[0] = *scale;
                let value = |column: usize| values[column / 2] >> (4 * (column % 2)) & 15;
                for (index, byte) in block[1..].iter_mut().enumerate() {
                    *byte = value(index) | value(index + BYTES) << 4;
                }
            }
            take(row, &bytes)?;
        }
        Ok(())
    }

    /// Calls `take` with the number of each of `rows` rows and its numbers.
    pub(super) fn each_row_of_numbers(
        &self,
        rows: usize,
        mut take: impl FnMut(usize, &[f32]) -> Result<()>,
    ) -> Result<()> {
        let columns = self.width * COLUMNS;
        let mut tile = memory::packed(PackedFormat::Mxfp4, 1, columns)?;
        let mut numbers = memory::zeros(&[columns])?;
        self.each_row(rows, |row, bytes| {
            self.set(&mut tile, 0, bytes)?;
            tile.row(0, &mut numbers);
            take(row, &numbers)
        })
    }

    /// Sets a row of a matrix in this format.
    pub(super) fn set(
        &self,
        matrix: &mut PackedMatrix,
        row: usize,
        bytes: &[u8],
    ) -> Result<()> {
        matrix.set_rows_from_ggml(row, bytes).map_err(|error| {
            let name = &self.blocks.location.name;
            ModelFileError::Weights(format!("the tensor {name} is damaged: {error}"))
        })
    }
}

//! Where in a file of packed weights a matrix is, and how it comes from there into memory.

use std::ops::Range;

use kernels::{PackedFormat, PackedMatrix, TILE_ROWS};
use xxhash_rust::xxh3::xxh3_64;

use super::blob::{Blob, check_range, damaged, read_blob};
use crate::error::{ModelFileError, Result};
use crate::file::ModelFile;
use crate::memory;

/// The place of a matrix of shape [rows, columns].
#[derive(Clone, Copy, Debug)]
pub(in crate::weights) struct MatrixPlace {
    pub(in crate::weights) format: PackedFormat,
    pub(in crate::weights) rows: usize,
    pub(in crate::weights) columns: usize,
    pub(in crate::weights) values: Blob,
    pub(in crate::weights) scales: Blob,
}

impl MatrixPlace {
    /// Checks that both parts are within the file and as long as the shape says, before memory
    /// is allocated for them.
    pub(in crate::weights) fn check(&self, file: &dyn ModelFile) -> Result<()> {
        check_range(file, self.values)?;
        check_range(file, self.scales)?;
        // No value has less than two bits.
        let least = self.rows.checked_mul(self.columns).map(|numbers| numbers as u64 / 4);
        if least.is_none_or(|least| least > self.values.length) {
            return Err(damaged("a matrix has another size"));
        }
        // A tile tells the length of all.
        let tile = memory::packed(self.format, TILE_ROWS.min(self.rows), self.columns)?;
        let tiles = self.rows.div_ceil(TILE_ROWS) as u64;
        let is_whole =
            |blob: Blob, of_tile: &[u8]| blob.length == tiles * of_tile.len() as u64;
        match is_whole(self.values, tile.values()) && is_whole(self.scales, tile.scales())
        {
            true => Ok(()),
            false => Err(damaged("a matrix has another size")),
        }
    }

    /// The whole matrix, whose hashes are checked.
    pub(in crate::weights) fn load(&self, file: &dyn ModelFile) -> Result<PackedMatrix> {
        let mut matrix = memory::packed(self.format, self.rows, self.columns)?;
        let (values, scales) = matrix.parts_mut();
        scales.copy_from_slice(&read_blob(file, self.scales)?);
        file.read(self.values.at, values).map_err(ModelFileError::File)?;
        if xxh3_64(values) != self.values.xxh3 {
            return Err(damaged("a matrix is not what it was"));
        }
        Ok(matrix)
    }

    /// Some tiles of sixteen rows as a matrix of their own. Hashes, which are of the whole
    /// matrix, are not checked.
    pub(in crate::weights) fn load_tiles(
        &self,
        file: &dyn ModelFile,
        tiles: Range<usize>,
    ) -> Result<PackedMatrix> {
        let rows = self.rows.min(tiles.end * TILE_ROWS) - tiles.start * TILE_ROWS;
        let mut matrix = memory::packed(self.format, rows, self.columns)?;
        let (values, scales) = matrix.parts_mut();
        for (into, blob) in [(values, self.values), (scales, self.scales)] {
            let of_tile = (into.len() / tiles.len()) as u64;
            let at = blob.at + tiles.start as u64 * of_tile;
            file.read(at, into).map_err(ModelFileError::File)?;
        }
        Ok(matrix)
    }
}

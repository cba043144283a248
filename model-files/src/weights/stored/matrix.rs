//! A matrix that stays in its file of packed weights.

use std::fmt::{Debug, Formatter};
use std::sync::atomic::{AtomicBool, Ordering};

use kernels::{PackedFormat, PackedMatrix, TILE_ROWS};

use super::blob::{Blob, damaged};
use super::place::MatrixPlace;
use crate::error::{ModelFileError, Result};
use crate::file::SharedFile;

/// A matrix of shape [rows, columns] in a file that stays open. It is read as a whole, row by row,
/// or in parts of its bytes.
pub struct StoredMatrix {
    file: SharedFile,
    place: MatrixPlace,
    /// Whether its hashes were checked: that takes as long as reading it.
    checked: AtomicBool,
}

impl StoredMatrix {
    pub(in crate::weights) fn new(file: SharedFile, place: MatrixPlace) -> StoredMatrix {
        StoredMatrix { file, place, checked: AtomicBool::new(false) }
    }

    /// How its numbers are stored.
    pub fn format(&self) -> PackedFormat {
        self.place.format
    }

    /// R.
    pub fn rows(&self) -> usize {
        self.place.rows
    }

    /// K.
    pub fn columns(&self) -> usize {
        self.place.columns
    }

    /// Its size in bytes.
    pub fn bytes(&self) -> u64 {
        self.place.values.length + self.place.scales.length
    }

    /// The whole matrix. Its hashes are checked at the first time.
    ///
    /// # Errors
    /// If there is no memory for it, it cannot be read, or is not what it was.
    pub fn load(&self) -> Result<PackedMatrix> {
        if self.checked.load(Ordering::Relaxed) {
            return self
                .place
                .load_tiles(&*self.file, 0..self.rows().div_ceil(TILE_ROWS));
        }
        let matrix = self.place.load(&*self.file)?;
        self.checked.store(true, Ordering::Relaxed);
        Ok(matrix)
    }

    /// Writes rows from `first` on into `out`, which has a length of whole rows.
    ///
    /// # Errors
    /// If there are no such rows, they cannot be read, or there is no memory for them.
    pub fn read_rows(&self, first: usize, out: &mut [f32]) -> Result<()> {
        let count = out.len() / self.columns().max(1);
        if count == 0 {
            return Ok(());
        }
        if first.checked_add(count).is_none_or(|end| end > self.rows()) {
            return Err(damaged("a matrix has fewer rows"));
        }
        let tiles = first / TILE_ROWS..(first + count).div_ceil(TILE_ROWS);
        let skipped = first - tiles.start * TILE_ROWS;
        let matrix = self.place.load_tiles(&*self.file, tiles)?;
        for (row, out) in (skipped..).zip(out.chunks_exact_mut(self.columns())) {
            matrix.row(row, out);
        }
        Ok(())
    }

    /// Fills `into` with bytes of its values, as [`PackedMatrix::values`] has them, from
    /// byte `from` on.
    ///
    /// # Errors
    /// If there are no such bytes, or they cannot be read.
    pub fn read_values(&self, from: usize, into: &mut [u8]) -> Result<()> {
        self.read(self.place.values, from, into)
    }

    /// As [`read_values`](Self::read_values), of its scales.
    ///
    /// # Errors
    /// As there.
    pub fn read_scales(&self, from: usize, into: &mut [u8]) -> Result<()> {
        self.read(self.place.scales, from, into)
    }

    fn read(&self, blob: Blob, from: usize, into: &mut [u8]) -> Result<()> {
        if (from as u64).saturating_add(into.len() as u64) > blob.length {
            return Err(damaged("a matrix is shorter"));
        }
        self.file.read(blob.at + from as u64, into).map_err(ModelFileError::File)
    }
}

impl Debug for StoredMatrix {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> std::fmt::Result {
        self.place.fmt(formatter)
    }
}

//! Packed weights in a file, as they lie in memory, so that a model that was loaded once
//! is there again without conversion.
//!
//! A header of 64 bytes, numbers in little-endian order:
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `NTVPACK` and a zero |
//! | 8..12 | the version, 1 |
//! | 16..24, 24..32 | where the index begins, and its length |
//! | 32..40 | the index's XXH3 |
//!
//! Then the tensors' data, each part at a multiple of 64, and the index as JSON
//! ([`Index`]). The header is written last: a file that was broken off in the middle is
//! none. Whoever changes [`kernels::LAYOUT`] goes on reading files of the old one, or
//! every visitor has to download again.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{TensorSource, Wanted};
use crate::decoder::Matrix;
use crate::error::Result;
use kernels::{Format, PackedMatrix};

pub(super) const MAGIC: &[u8; 8] = b"NTVPACK\0";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: u64 = 64;

/// Where packed weights are written to.
pub trait PackedSink {
    /// Writes bytes at an offset; what lies between is of no meaning.
    ///
    /// # Errors
    /// If there is no room or the place fails, with a reason for people.
    fn write(&mut self, offset: u64, bytes: &[u8]) -> std::result::Result<(), String>;
}

/// What is in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// The layout of matrices, [`kernels::LAYOUT`].
    pub(super) layout: u32,
    /// The header of the GGUF file that the weights are from, which also holds
    /// configuration, tokenizer and chat template.
    pub(super) gguf: Option<GgufHeader>,
    /// In the order in which they were taken.
    pub(super) tensors: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GgufHeader {
    pub(super) bytes: Blob,
    /// The length that the whole file had.
    pub(super) file_length: u64,
}

/// A tensor of shape [rows, columns], or numbers of any shape, which have one row; under
/// the words for what it is for ([`Wanted`]).
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Blob,
    /// Empty for f32.
    pub(super) scales: Blob,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Q8,
    Q4,
    F32,
}

/// A part of the file and what it hashes to.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Blob {
    pub(super) at: u64,
    pub(super) length: u64,
    pub(super) xxh3: u64,
}

impl Kind {
    pub(super) fn of(format: Format) -> Kind {
        match format {
            Format::Q8 => Kind::Q8,
            Format::Q4 => Kind::Q4,
        }
    }

    pub(super) fn format(self) -> Option<Format> {
        match self {
            Kind::Q8 => Some(Format::Q8),
            Kind::Q4 => Some(Format::Q4),
            Kind::F32 => None,
        }
    }
}

/// Writes a file while a model is loaded. After a fault it takes no more, and the load
/// goes on.
pub(crate) struct PackedWriter<'a> {
    sink: &'a mut dyn PackedSink,
    index: Index,
    /// Where the next part goes.
    end: u64,
    fault: Option<String>,
}

impl<'a> PackedWriter<'a> {
    pub(crate) fn new(sink: &'a mut dyn PackedSink) -> Self {
        let index = Index { layout: kernels::LAYOUT, ..Index::default() };
        PackedWriter { sink, index, end: HEADER_BYTES, fault: None }
    }

    /// The header of the GGUF file that the weights are from.
    pub(crate) fn gguf_header(&mut self, bytes: &[u8], file_length: u64) {
        if let Some(bytes) = self.put(bytes) {
            self.index.gguf = Some(GgufHeader { bytes, file_length });
        }
    }

    /// There is something that cannot be kept so.
    pub(crate) fn give_up(&mut self, reason: &str) {
        self.fault.get_or_insert_with(|| reason.to_owned());
    }

    /// Writes what remains; how long the file is, or why there is none.
    pub(crate) fn finish(mut self) -> std::result::Result<u64, String> {
        let json = serde_json::to_vec(&self.index).map_err(|error| error.to_string())?;
        let index = self.put(&json);
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let index = index.unwrap_or_default();
        let mut header = [0; HEADER_BYTES as usize];
        header[..8].copy_from_slice(MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[16..24].copy_from_slice(&index.at.to_le_bytes());
        header[24..32].copy_from_slice(&index.length.to_le_bytes());
        header[32..40].copy_from_slice(&index.xxh3.to_le_bytes());
        self.sink.write(0, &header)?;
        Ok(index.at + index.length)
    }

    fn put(&mut self, bytes: &[u8]) -> Option<Blob> {
        if self.fault.is_some() {
            return None;
        }
        let at = self.end;
        if let Err(fault) = self.sink.write(at, bytes) {
            self.fault = Some(fault);
            return None;
        }
        let length = bytes.len() as u64;
        self.end = (at + length).next_multiple_of(HEADER_BYTES);
        Some(Blob { at, length, xxh3: xxh3_64(bytes) })
    }

    fn matrix(&mut self, name: &str, matrix: &PackedMatrix) {
        let scales: Vec<u8> =
            matrix.scales().iter().flat_map(|bits| bits.to_le_bytes()).collect();
        let Some(values) = self.put(matrix.values()) else { return };
        let Some(scales) = self.put(&scales) else { return };
        self.index.tensors.push(Entry {
            name: name.into(),
            kind: Kind::of(matrix.format()),
            rows: matrix.rows(),
            columns: matrix.columns(),
            values,
            scales,
        });
    }

    fn vector(&mut self, name: &str, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        let Some(values) = self.put(&bytes) else { return };
        self.index.tensors.push(Entry {
            name: name.into(),
            kind: Kind::F32,
            rows: 1,
            columns: numbers.len(),
            values,
            scales: Blob::default(),
        });
    }
}

/// A source that has all that is taken from it written.
pub(crate) struct Recording<'a, 'b> {
    pub(crate) source: &'a mut dyn TensorSource,
    pub(crate) writer: &'a mut PackedWriter<'b>,
}

impl TensorSource for Recording<'_, '_> {
    fn contains(&self, wanted: Wanted) -> bool {
        self.source.contains(wanted)
    }

    fn matrix(&mut self, wanted: Wanted, rows: usize, columns: usize) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.matrix(wanted, rows, columns)
    }

    fn wide_matrix(
        &mut self,
        wanted: Wanted,
        rows: usize,
        columns: usize,
    ) -> Result<Matrix> {
        self.writer.give_up("its matrices are not packed");
        self.source.wide_matrix(wanted, rows, columns)
    }

    fn packed(
        &mut self,
        wanted: Wanted,
        rows: usize,
        columns: usize,
    ) -> Result<PackedMatrix> {
        let matrix = self.source.packed(wanted, rows, columns)?;
        self.writer.matrix(&wanted.to_string(), &matrix);
        Ok(matrix)
    }

    fn numbers(&mut self, wanted: Wanted, shape: &[usize]) -> Result<Vec<f32>> {
        let numbers = self.source.numbers(wanted, shape)?;
        self.writer.vector(&wanted.to_string(), &numbers);
        Ok(numbers)
    }

    fn tally(&self) -> &super::Tally {
        self.source.tally()
    }
}

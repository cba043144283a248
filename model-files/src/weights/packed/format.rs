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
//! none. Whoever changes [`kernels::LAYOUT_VERSION`] goes on reading files of the old one, or
//! every visitor has to download again.

use kernels::PackedFormat;
use serde::{Deserialize, Serialize};

pub(super) const MAGIC: &[u8; 8] = b"NTVPACK\0";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: u64 = 64;

/// What is in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// The layout of matrices, [`kernels::LAYOUT_VERSION`].
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
/// the words for what it is for ([`TensorId`]).
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
    pub(super) fn of(format: PackedFormat) -> Kind {
        match format {
            PackedFormat::Q8 => Kind::Q8,
            PackedFormat::Q4 => Kind::Q4,
        }
    }

    pub(super) fn format(self) -> Option<PackedFormat> {
        match self {
            Kind::Q8 => Some(PackedFormat::Q8),
            Kind::Q4 => Some(PackedFormat::Q4),
            Kind::F32 => None,
        }
    }
}

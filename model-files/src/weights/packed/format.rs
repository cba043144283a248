//! The format of files of packed weights.
//!
//! The file begins with a header of 64 bytes, with numbers in little-endian order:
//!
//! | bytes | what |
//! |---|---|
//! | 0..8 | `NTVPACK` and a zero |
//! | 8..12 | the version, 1 |
//! | 16..24, 24..32 | the offset of the index, and its length in bytes |
//! | 32..40 | the XXH3 hash of the index, 64 bits |
//!
//! Then come the tensors' data, each part at a multiple of 64, and the index as JSON
//! ([`Index`]). The header is written last, so that an incomplete file has none. A change
//! of [`kernels::LAYOUT_VERSION`] should keep reading files of the old version: otherwise
//! every visitor has to download the model again.

use kernels::PackedFormat;
use serde::{Deserialize, Serialize};

pub(super) const MAGIC: &[u8; 8] = b"NTVPACK\0";
pub(super) const VERSION: u32 = 1;
pub(super) const HEADER_BYTES: u64 = 64;

/// The contents of a file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// The layout of matrices, [`kernels::LAYOUT_VERSION`].
    pub(super) layout: u32,
    /// The header of the GGUF file that the weights are from, which also holds
    /// configuration, tokenizer and chat template.
    pub(super) gguf: Option<GgufHeader>,
    /// In the order in which they were loaded.
    pub(super) tensors: Vec<Entry>,
}

/// The header of a GGUF file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GgufHeader {
    pub(super) bytes: Blob,
    /// The length of the whole GGUF file, in bytes.
    pub(super) file_length: u64,
}

/// A matrix of shape [rows, columns], or a vector of f32 numbers, which has one row. Its
/// name is its [`TensorId`](crate::weights::TensorId) as text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) values: Blob,
    /// f16 scales of blocks; empty for f32.
    pub(super) scales: Blob,
}

/// The number format of a tensor, by name: that of ggml, `F32`, or as the first version of
/// this file wrote them, `q8`, `q4` and `f32`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) enum Kind {
    Packed(PackedFormat),
    F32,
}

/// A part of the file: its offset, its length in bytes, and its XXH3 hash.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Blob {
    pub(super) at: u64,
    pub(super) length: u64,
    pub(super) xxh3: u64,
}

impl From<Kind> for String {
    fn from(kind: Kind) -> String {
        match kind {
            Kind::Packed(format) => format.name().into(),
            Kind::F32 => "F32".into(),
        }
    }
}

impl TryFrom<String> for Kind {
    type Error = String;

    fn try_from(name: String) -> Result<Kind, String> {
        let known = |format: &PackedFormat| format.name() == name;
        match name.as_str() {
            "F32" | "f32" => Ok(Kind::F32),
            "q8" => Ok(Kind::Packed(PackedFormat::Q8_0)),
            "q4" => Ok(Kind::Packed(PackedFormat::Q4_0)),
            _ => match PackedFormat::ALL.into_iter().find(known) {
                Some(format) => Ok(Kind::Packed(format)),
                None => Err(format!("the number format {name} is not known")),
            },
        }
    }
}

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
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::weights::stored::Blob;

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
    /// Whether blocks of that file are here as they are there. Files of earlier versions
    /// may have rounded them to 8 or 4 bits.
    #[serde(default)]
    pub(super) blocks_kept: bool,
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
    /// Its format in the file that it comes from, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) stored: Option<String>,
    pub(super) values: Blob,
    /// The scales of blocks; empty for f32.
    pub(super) scales: Blob,
}

/// The number format of a tensor: `f32`, or a format of blocks. Those have ggml's names in
/// lower case, but for the two of the first version of this file, `q8` and `q4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    Blocks(PackedFormat),
}

impl Kind {
    fn name(self) -> String {
        match self {
            Kind::F32 => "f32".into(),
            Kind::Blocks(PackedFormat::Q8_0) => "q8".into(),
            Kind::Blocks(PackedFormat::Q4_0) => "q4".into(),
            Kind::Blocks(format) => format.name().to_ascii_lowercase(),
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Kind, D::Error> {
        let name = String::deserialize(from)?;
        let blocks = PackedFormat::ALL.into_iter().map(Kind::Blocks);
        let mut kinds = blocks.chain([Kind::F32]);
        let unknown = || format!("there is no number format {name:?}");
        kinds
            .find(|kind| kind.name() == name)
            .ok_or_else(unknown)
            .map_err(D::Error::custom)
    }
}

//! The header of a GGUF file, wherever the file lies.

use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part};
use crate::gguf::{Gguf, GgufError};

/// What is read of a GGUF file at first; a large vocabulary takes some megabytes.
const HEADER_BYTES: usize = 1 << 20;

/// Reads the header of a file whose header has any length.
///
/// # Errors
/// If the file cannot be read, is not GGUF, or is damaged.
pub fn read_header(file: &dyn ModelFile) -> Result<Gguf> {
    let length =
        usize::try_from(file.length()).map_err(|_| ModelFileError::OutOfMemory)?;
    let mut enough = length.min(HEADER_BYTES);
    loop {
        let start = part(file, 0..enough)?;
        match Gguf::parse_start(&start, length as u64) {
            Err(GgufError::CutShort { needed, .. })
                if enough < length && needed <= length as u64 =>
            {
                enough = (needed as usize).max(4 * enough).min(length);
            }
            other => return Ok(other?),
        }
    }
}

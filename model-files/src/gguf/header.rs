//! Reads the header of a GGUF file that need not be in memory.

use crate::error::{ModelFileError, Result};
use crate::file::{ModelFile, part};
use crate::gguf::{Gguf, GgufError};

/// The number of bytes that are read first; a large vocabulary takes some megabytes.
const HEADER_BYTES: usize = 1 << 20;

/// Reads the header of a file, reading more bytes until the header is complete.
///
/// # Errors
/// If the file cannot be read, is not GGUF, or is damaged.
pub fn read_header(file: &dyn ModelFile) -> Result<Gguf> {
    let length =
        usize::try_from(file.length()).map_err(|_| ModelFileError::OutOfMemory)?;
    let mut length_to_read = length.min(HEADER_BYTES);
    loop {
        let start = part(file, 0..length_to_read)?;
        match Gguf::parse_start(&start, length as u64) {
            Err(GgufError::CutShort { needed, .. })
                if length_to_read < length && needed <= length as u64 =>
            {
                length_to_read = (needed as usize).max(4 * length_to_read).min(length);
            }
            other => return Ok(other?),
        }
    }
}

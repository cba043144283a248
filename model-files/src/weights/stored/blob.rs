//! Parts of a file of packed weights, with their hashes.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::error::{ModelFileError, Result};
use crate::file::ModelFile;
use crate::memory;

/// A part of a file: its offset, its length in bytes, and its XXH3 hash.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(in crate::weights) struct Blob {
    pub(in crate::weights) at: u64,
    pub(in crate::weights) length: u64,
    pub(in crate::weights) xxh3: u64,
}

/// Checks that a part is within its file.
pub(super) fn check_range(file: &dyn ModelFile, blob: Blob) -> Result<()> {
    let end = blob.at.checked_add(blob.length);
    match end.is_some_and(|end| end <= file.length()) {
        true => Ok(()),
        false => Err(damaged("it is cut short")),
    }
}

/// Reads a part of the file and checks its hash.
pub(in crate::weights) fn read_blob(
    file: &dyn ModelFile,
    blob: Blob,
) -> Result<Cow<'_, [u8]>> {
    check_range(file, blob)?;
    if blob.length == 0 {
        return Ok([].as_slice().into());
    }
    let bytes = match file.in_memory() {
        Some(all) => all[blob.at as usize..(blob.at + blob.length) as usize].into(),
        None => {
            let length = usize::try_from(blob.length);
            let mut bytes =
                memory::zeros(&[length.map_err(|_| ModelFileError::OutOfMemory)?])?;
            file.read(blob.at, &mut bytes).map_err(ModelFileError::File)?;
            Cow::Owned(bytes)
        }
    };
    match xxh3_64(&bytes) == blob.xxh3 {
        true => Ok(bytes),
        false => Err(damaged("a part of it is not what it was")),
    }
}

/// The error of a file that is not as it was written.
pub(in crate::weights) fn damaged(what: &str) -> ModelFileError {
    ModelFileError::Weights(format!("the stored weights cannot be used: {what}"))
}

//! Names that stand for contents.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

/// A name that stands for the names and contents of files.
pub(crate) fn name_of<'a>(
    folder: &Path,
    files: impl Iterator<Item = &'a str>,
) -> Result<String> {
    let mut hash = Sha256::new();
    for file in files {
        let bytes = fs::read(folder.join(file));
        let bytes = bytes.with_context(|| format!("the build has no {file}"))?;
        hash.update(file.as_bytes());
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    }
    let hash = hash.finalize();
    Ok(hash[..8].iter().map(|byte| format!("{byte:02x}")).collect())
}

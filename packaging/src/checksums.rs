//! The checksums of a release, as `sha256sum --check` reads them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

const NAME: &str = "SHA256SUMS";

/// Writes the checksums of all files of the folder; the path of the list.
///
/// # Errors
/// If a file cannot be read.
pub(crate) fn write(folder: &Path) -> Result<PathBuf> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && name != NAME {
            names.push(name);
        }
    }
    names.sort();
    let mut list = String::new();
    for name in names {
        let bytes = fs::read(folder.join(&name))
            .with_context(|| format!("{name} cannot be read"))?;
        let hash: String =
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        list += &format!("{hash}  {name}\n");
    }
    let path = folder.join(NAME);
    fs::write(&path, list)
        .with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

//! What a folder offers as a model's weights.

use std::fs;
use std::path::{Path, PathBuf};

use engine::weights::shard_names;

use super::LocationError;

/// The files that hold a model's weights; they were there when this was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WeightFiles {
    Gguf(PathBuf),
    Safetensors(Vec<PathBuf>),
    /// In this program itself: a GGUF file.
    Embedded(&'static [u8]),
}

impl WeightFiles {
    /// Looks into a folder: one safetensors file, several with an index, or a GGUF file.
    pub(super) fn in_folder(folder: &Path) -> Result<WeightFiles, LocationError> {
        let file = |name: &str| Some(folder.join(name)).filter(|file| file.is_file());
        let weights = if let Some(single) = file("model.safetensors") {
            WeightFiles::Safetensors(vec![single])
        } else if let Some(index) = file("model.safetensors.index.json") {
            WeightFiles::Safetensors(shards(folder, &index)?)
        } else {
            return gguf_in(folder).map(WeightFiles::Gguf);
        };
        for needed in ["config.json", "tokenizer.json"] {
            if file(needed).is_none() {
                return Err(LocationError::incomplete(folder, needed));
            }
        }
        Ok(weights)
    }
}

fn shards(folder: &Path, index: &Path) -> Result<Vec<PathBuf>, LocationError> {
    let unreadable =
        |reason: String| LocationError::Unreadable { file: index.to_owned(), reason };
    let json = fs::read(index).map_err(|error| unreadable(error.to_string()))?;
    shard_names(&json)
        .map_err(unreadable)?
        .into_iter()
        .map(|name| {
            let file = folder.join(&name);
            match file.is_file() {
                true => Ok(file),
                false => Err(LocationError::incomplete(folder, &name)),
            }
        })
        .collect()
}

/// `model.gguf`, or the only GGUF file.
fn gguf_in(folder: &Path) -> Result<PathBuf, LocationError> {
    let usual = folder.join("model.gguf");
    if usual.is_file() {
        return Ok(usual);
    }
    let entries = fs::read_dir(folder).map_err(|error| LocationError::Unreadable {
        file: folder.to_owned(),
        reason: error.to_string(),
    })?;
    let mut files: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|file| is_gguf(file) && file.is_file())
        .collect();
    files.sort();
    match files.as_slice() {
        [only] => Ok(only.clone()),
        [] => Err(LocationError::incomplete(folder, "model.safetensors or model.gguf")),
        several => Err(LocationError::SeveralGguf {
            folder: folder.to_owned(),
            names: several
                .iter()
                .map(|file| file_name(file))
                .collect::<Vec<_>>()
                .join(", "),
        }),
    }
}

/// Whether a file's name says that it is a GGUF file.
pub(super) fn is_gguf(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

/// The last part of a path, for people.
pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

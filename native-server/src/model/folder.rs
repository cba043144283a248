//! What a folder offers as a model's weights: chosen by names, as the files of a hub are.

use std::fs;
use std::path::{Path, PathBuf};

use hub::{Preference, Selected, Selection, ShardIndex, Unusable, Wanted, choose};
use model_files::weights::shard_names;

use super::error::LocationError;

/// Files of the cache can lie so many folders deep.
const MAX_DEPTH: usize = 4;
/// A folder with more files is not looked through to its end.
const MAX_FILES: usize = 10_000;
/// No index of weights is longer, in bytes.
const MAX_INDEX_BYTES: u64 = 256 << 20;

/// The files that hold a model's weights; they were there when this was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WeightPaths {
    Gguf(PathBuf),
    Safetensors(Vec<PathBuf>),
    /// In this program itself: a GGUF file.
    Embedded(&'static [u8]),
}

impl WeightPaths {
    /// Looks into a folder: one safetensors file, several with an index, or a GGUF file.
    pub(super) fn in_folder(folder: &Path) -> Result<WeightPaths, LocationError> {
        WeightPaths::wanted(folder, &Wanted::Any, 1).map(|(weights, _)| weights)
    }

    /// Chooses the weights of a model in the cache, and the folder of the files beside them.
    pub(super) fn in_snapshot(
        folder: &Path,
        wanted: &Wanted,
    ) -> Result<(WeightPaths, PathBuf), LocationError> {
        WeightPaths::wanted(folder, wanted, MAX_DEPTH)
    }

    fn wanted(
        folder: &Path,
        wanted: &Wanted,
        max_depth: usize,
    ) -> Result<(WeightPaths, PathBuf), LocationError> {
        let unusable = |reason: String| LocationError::Unusable {
            folder: folder.to_owned(),
            reason,
        };
        let mut names = Vec::new();
        collect(folder, "", max_depth, &mut names).map_err(|error| {
            LocationError::Unreadable {
                file: folder.to_owned(),
                reason: error.to_string(),
            }
        })?;
        names.sort();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut index = None;
        // The second time with the index that the first asked for.
        for _ in 0..2 {
            match choose(&names, wanted, Preference::Exact, index.as_ref()) {
                Ok(Selected::Files(files)) => return Ok(placed(folder, wanted, &files)),
                Ok(Selected::NeedsIndex(name)) => {
                    index = Some(read_index(&folder.join(name))?);
                }
                Err(Unusable::Missing(name)) => {
                    return Err(unusable(format!("it has no {name}")));
                }
                Err(Unusable::Because(reason)) => return Err(unusable(reason)),
            }
        }
        Err(unusable("the index of its weights cannot be read".into()))
    }
}

fn placed(folder: &Path, wanted: &Wanted, files: &Selection) -> (WeightPaths, PathBuf) {
    let paths: Vec<PathBuf> =
        files.weights.iter().map(|name| folder.join(name)).collect();
    let beside = match (files.others.first(), wanted) {
        (Some(other), _) => other.rsplit_once('/').map_or("", |(folder, _)| folder),
        (None, Wanted::Folder(folder)) => folder,
        (None, _) => "",
    };
    let beside = folder.join(beside);
    match paths.as_slice() {
        [only] if is_gguf(only) => (WeightPaths::Gguf(only.clone()), beside),
        _ => (WeightPaths::Safetensors(paths), beside),
    }
}

fn read_index(file: &Path) -> Result<ShardIndex, LocationError> {
    let unreadable =
        |reason: String| LocationError::Unreadable { file: file.to_owned(), reason };
    let size = fs::metadata(file).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MAX_INDEX_BYTES {
        return Err(unreadable(format!("it has {size} bytes")));
    }
    let json = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
    shard_names(&json).map(ShardIndex::of).map_err(unreadable)
}

/// The files of a folder by their paths in it, and those of folders in it as far as they
/// are looked into. A folder that cannot be read is left out, unless it is the first.
fn collect(
    folder: &Path,
    prefix: &str,
    max_depth: usize,
    names: &mut Vec<String>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)?.flatten() {
        if names.len() >= MAX_FILES {
            break;
        }
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{prefix}{name}"));
        if path.is_file() {
            names.push(name);
        } else if max_depth > 1 && path.is_dir() {
            let _ = collect(&path, &format!("{name}/"), max_depth - 1, names);
        }
    }
    Ok(())
}

/// Whether a file's name says that it is a GGUF file.
pub(super) fn is_gguf(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

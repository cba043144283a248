//! Finding the files of a model by what a person names.

use std::path::{Path, PathBuf};

use hub::{Endpoint, Reference, Wanted};

use super::HubCache;
use super::error::LocationError;
use super::folder::{WeightPaths, is_gguf};
use super::name::file_name;
use crate::embedded;

/// The name of the model that comes with this program.
pub(super) const DEMO: &str = "demo";
const DEMO_FOLDER: &str = "demo-model";

/// A model whose files were found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelLocation {
    /// A name for people.
    pub(super) name: String,
    /// Its weights.
    pub(super) weights: WeightPaths,
    /// The folder of the other files; none for a single file, whose neighbours need not
    /// belong to it.
    pub(super) folder: Option<PathBuf>,
}

impl ModelLocation {
    /// The model that comes with the site in `dist`, with the project, or in this program.
    ///
    /// # Errors
    /// If it is not there.
    pub fn demo(dist: &Path) -> Result<ModelLocation, LocationError> {
        let beside = dist.parent().map(|parent| parent.join(DEMO_FOLDER));
        let folders = [Some(dist.join(DEMO_FOLDER)), beside, Some(DEMO_FOLDER.into())];
        let mut folders: Vec<PathBuf> = folders.into_iter().flatten().collect();
        folders.dedup();
        match folders.iter().find(|folder| folder.is_dir()) {
            Some(folder) => ModelLocation::in_folder("Demo model".into(), folder),
            None if let Some(model) = embedded::file("demo-model/model.gguf") => {
                let (name, weights) = ("Demo model".into(), WeightPaths::Embedded(model));
                Ok(ModelLocation { name, weights, folder: None })
            }
            None => Err(LocationError::NoDemo {
                looked: folders
                    .iter()
                    .map(|folder| folder.display().to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
        }
    }

    /// Finds a folder, a file, or a name in the Hugging Face cache. An address at the hub
    /// `endpoint` is a name, too.
    pub(super) fn find(
        wanted: &str,
        endpoint: &Endpoint,
        hub: &HubCache,
    ) -> Result<Self, LocationError> {
        let local = local_path(wanted);
        let path = Path::new(local.as_deref().unwrap_or(wanted));
        if path.is_dir() {
            return ModelLocation::in_folder(file_name(path), path);
        }
        if path.is_file() && is_gguf(path) {
            return Ok(ModelLocation {
                name: file_name(path),
                weights: WeightPaths::Gguf(path.to_owned()),
                folder: None,
            });
        }
        if let Some(found) = ModelLocation::in_cache(wanted, endpoint, hub) {
            return found;
        }
        let known = std::iter::once(DEMO.to_owned()).chain(hub.ids()).collect::<Vec<_>>();
        Err(LocationError::NotFound {
            wanted: wanted.into(),
            known: known.join(", "),
            cache: hub.folder(wanted).map_or_else(String::new, |folder| {
                format!(", and no {} in the Hugging Face cache", folder.display())
            }),
        })
    }

    /// Finds a model of the hub that any program has downloaded.
    fn in_cache(
        wanted: &str,
        endpoint: &Endpoint,
        hub: &HubCache,
    ) -> Option<Result<Self, LocationError>> {
        let reference = Reference::parse(wanted, endpoint).ok()?;
        let Reference { id, revision, wanted: what } = &reference;
        let snapshot = match revision.as_deref() {
            None | Some("main") => hub.snapshot(id.as_str())?,
            Some(revision) => hub.snapshot_at(id, revision)?,
        };
        let found = WeightPaths::in_snapshot(&snapshot, what).map(|(weights, folder)| {
            ModelLocation { name: wanted.into(), weights, folder: Some(folder) }
        });
        // A file or folder that is named and is not here may be on the hub.
        Some(found).filter(|found| found.is_ok() || *what == Wanted::Any)
    }

    /// A model that was downloaded: its folder, and the files of its weights.
    pub(crate) fn fetched(name: &str, folder: PathBuf, weights: Vec<PathBuf>) -> Self {
        let weights = match weights.as_slice() {
            [only] if is_gguf(only) => WeightPaths::Gguf(only.clone()),
            _ => WeightPaths::Safetensors(weights),
        };
        ModelLocation { name: name.into(), weights, folder: Some(folder) }
    }

    /// The same with another name.
    pub(crate) fn named(self, name: String) -> Self {
        ModelLocation { name, ..self }
    }

    fn in_folder(name: String, folder: &Path) -> Result<Self, LocationError> {
        let weights = WeightPaths::in_folder(folder)?;
        Ok(ModelLocation { name, weights, folder: Some(folder.to_owned()) })
    }
}

/// The path in `file:///models/x.gguf`, and in `~/x.gguf` where no shell has read it.
fn local_path(wanted: &str) -> Option<String> {
    if let Some(path) = wanted.strip_prefix("file://") {
        let path = path.strip_prefix("localhost").unwrap_or(path);
        let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?;
        return Some(path.into_owned());
    }
    let path = wanted.strip_prefix("~/")?;
    let home = std::env::var("HOME").ok().filter(|home| !home.is_empty())?;
    Some(format!("{home}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_files_of_this_machine_are_paths() {
        for (wanted, path) in [
            ("file:///models/x.gguf", Some("/models/x.gguf")),
            ("file://localhost/a%20b/x.gguf", Some("/a b/x.gguf")),
            ("owner/name", None),
            ("/models/x.gguf", None),
        ] {
            assert_eq!(local_path(wanted).as_deref(), path);
        }
    }
}

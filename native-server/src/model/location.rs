//! From what a person asks for to the files that hold it.

use std::path::{Path, PathBuf};

use hub::{Endpoint, HubError, Reference, Wanted};

use super::HubCache;
use super::folder::{WeightPaths, file_name, is_gguf};
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
    /// Where the other files are; none for a single file, whose neighbours need not
    /// belong to it.
    pub(super) folder: Option<PathBuf>,
}

/// Why a model was not found.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// Nothing has that name.
    #[error(
        "There is no model {wanted:?}: no folder or .gguf file of that name{cache}. Give a \
         folder with config.json, tokenizer.json and model.safetensors, or a .gguf file, \
         or one of these names: {known}. A model of the hub is named owner/name."
    )]
    NotFound {
        /// What was asked for.
        wanted: String,
        /// Where else it was looked for.
        cache: String,
        /// The names that would be found.
        known: String,
    },
    /// The shipped model is not where it should be.
    #[error(
        "The demo model was not found; looked in: {looked}. Run this from the project's \
         folder, or name a model with --model."
    )]
    NoDemo {
        /// The folders looked into.
        looked: String,
    },
    /// A folder without all of a model's files, or with several models.
    #[error(
        "The folder {folder} cannot be used as a model: {reason}. A model needs config.json, \
         tokenizer.json and model.safetensors (or its parts with \
         model.safetensors.index.json), or one .gguf file.", folder = .folder.display()
    )]
    Unusable {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        reason: String,
    },
    /// An address that is not on the hub.
    #[error(
        "{wanted} is not on {host}. This program loads models from folders, .gguf files and \
         the hub: download the file first and give its path."
    )]
    Elsewhere {
        /// What was asked for.
        wanted: String,
        /// The hub.
        host: String,
    },
    /// Something of a hub that is not a model.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// A model of the hub that is not here, while nothing may be fetched.
    #[error(
        "{wanted} is not in the Hugging Face cache, and HF_HUB_OFFLINE says to fetch \
         nothing. Take that variable away, or name one of these: {known}."
    )]
    Offline {
        /// What was asked for.
        wanted: String,
        /// The names that would be found.
        known: String,
    },
    /// A file that cannot be read or makes no sense.
    #[error("{file} cannot be used: {reason}.", file = .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why not.
        reason: String,
    },
}

impl LocationError {
    /// What those are told who use the server from elsewhere: nothing of its folders.
    pub(crate) fn for_others(&self) -> String {
        match self {
            LocationError::Unreadable { file, reason } => {
                format!("The model's {} cannot be used: {reason}.", file_name(file))
            }
            _ => "The model's files cannot be used.".into(),
        }
    }
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

    /// A folder, a file, or a name in the Hugging Face cache; `endpoint` is the hub whose
    /// addresses are names, too.
    pub(super) fn find(
        wanted: &str,
        endpoint: &Endpoint,
        hub: &HubCache,
    ) -> Result<Self, LocationError> {
        let path = Path::new(wanted);
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

    /// A model of the hub that was downloaded before, by whichever program.
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
        // What is named and is not here can be on the hub.
        Some(found).filter(|found| found.is_ok() || *what == Wanted::Any)
    }

    /// A model that was downloaded just now: its folder, and which weights in there.
    pub(crate) fn fetched(name: &str, folder: PathBuf, weights: Vec<PathBuf>) -> Self {
        let weights = match weights.as_slice() {
            [only] if is_gguf(only) => WeightPaths::Gguf(only.clone()),
            _ => WeightPaths::Safetensors(weights),
        };
        ModelLocation { name: name.into(), weights, folder: Some(folder) }
    }

    /// The same by another name.
    pub(crate) fn named(self, name: String) -> Self {
        ModelLocation { name, ..self }
    }

    fn in_folder(name: String, folder: &Path) -> Result<Self, LocationError> {
        let weights = WeightPaths::in_folder(folder)?;
        Ok(ModelLocation { name, weights, folder: Some(folder.to_owned()) })
    }
}

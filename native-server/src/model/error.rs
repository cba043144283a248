//! Why a model was not found.

use std::path::PathBuf;

use hub::HubError;

use super::name::file_name;

/// Why a model was not found.
#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    /// There is no model of that name.
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
    /// The demo model is not in any of its folders.
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
    /// The sentence for clients, which names no folders of this machine.
    pub(crate) fn for_others(&self) -> String {
        match self {
            LocationError::Unreadable { file, reason } => {
                format!("The model's {} cannot be used: {reason}.", file_name(file))
            }
            _ => "The model's files cannot be used.".into(),
        }
    }
}

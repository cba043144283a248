//! What a stored model consists of: `manifest.json` in its folder. The files beside it
//! are named by their hashes, each with a journal until it is whole.

use hub::{
    ChosenFiles, Digest, Endpoint, Item, Journal, Listing, RemoteFile, is_quantised_gguf,
};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use crate::download::journal_name;
use crate::storage::Folder;

const NAME: &str = "manifest.json";

/// No file of a model has more, in bytes. Some thousand of them fit 64 bits.
const MOST_BYTES: u64 = 1 << 44;
/// No model has more files.
const MOST_FILES: usize = 10_000;

/// A model at one commit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HubManifest {
    /// A name for people.
    pub(super) title: String,
    /// Its files, the small ones first.
    pub(super) files: Vec<ManifestFile>,
}

/// A file of a model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ManifestFile {
    /// Its path in the model's folder on the hub.
    pub(super) path: String,
    /// Where it is.
    pub(super) url: String,
    /// In bytes.
    pub(super) size: u64,
    /// What it hashes to.
    pub(super) digest: Digest,
    /// Whether it holds weights.
    pub(super) weights: bool,
}

impl HubManifest {
    /// What is to be fetched.
    pub(super) fn new(
        endpoint: &Endpoint,
        listing: &Listing,
        choice: &ChosenFiles,
    ) -> Self {
        let stored = |file: &RemoteFile, weights| ManifestFile {
            path: file.path.clone(),
            url: endpoint.file(&listing.id, &listing.commit, &file.path),
            size: file.size,
            digest: file.digest.clone(),
            weights,
        };
        let others = choice.others.iter().map(|file| stored(file, false));
        let weights = choice.weights.iter().map(|file| stored(file, true));
        HubManifest {
            title: listing.id.to_string(),
            files: others.chain(weights).collect(),
        }
    }

    /// Reads what is in a model's folder; none if there is nothing that makes sense.
    pub(super) async fn read(folder: &Folder) -> Option<HubManifest> {
        let json = folder.read(NAME).await.ok()?;
        serde_json::from_slice(&json).ok().filter(HubManifest::is_sound)
    }

    /// Whether it can be true: sizes that files have, and hashes, which are names of files
    /// in storage, too.
    pub(super) fn is_sound(&self) -> bool {
        let sizes = self.files.iter().all(|file| file.size <= MOST_BYTES);
        let hashes = self.files.iter().all(|file| {
            let length = match file.digest {
                Digest::Sha256(_) => 64,
                Digest::Git(_) => 40,
            };
            let hex = file.digest.hex();
            hex.len() == length && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        !self.files.is_empty() && self.files.len() <= MOST_FILES && sizes && hashes
    }

    /// Writes it into a model's folder.
    pub(super) async fn write(&self, folder: &Folder) -> Result<(), JsValue> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        folder.write(NAME, &json).await
    }

    /// Whether the weights are a GGUF file.
    pub(super) fn is_gguf(&self) -> bool {
        self.files.iter().any(ManifestFile::is_gguf)
    }

    /// Whether the weights are in blocks, as far as names tell.
    pub(super) fn is_quantised(&self) -> bool {
        self.files.iter().any(|file| is_quantised_gguf(&file.path))
    }

    /// The names in storage of the files of weights and of their journals.
    pub(super) fn names_of_weights(&self) -> Vec<String> {
        let weights = self.files.iter().filter(|file| file.weights);
        let names = weights.map(|file| file.stored_name());
        names.flat_map(|name| [name.to_owned(), journal_name(name)]).collect()
    }

    /// Bytes in all.
    pub(super) fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

impl ManifestFile {
    /// The file for the download.
    pub(super) fn item(&self) -> Item {
        Item {
            name: self.path.clone(),
            url: self.url.clone(),
            size: self.size,
            digest: self.digest.clone(),
        }
    }

    /// Its name in storage.
    pub(super) fn stored_name(&self) -> &str {
        self.digest.hex()
    }

    /// Its journal, if nothing of it is there.
    pub(super) fn journal(&self) -> Journal {
        Journal::new(self.size, self.digest.clone())
    }

    /// Whether it is a GGUF file.
    pub(super) fn is_gguf(&self) -> bool {
        self.path.to_ascii_lowercase().ends_with(".gguf")
    }
}

//! What is known of a stored model that came from an address: `address.json` in its folder.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use hub::{Journal, Validators};
use model_files::ModelFiles;
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

use super::fetched_model::{SMALL_FILES, small_files};
use super::model_url::{beneath, is_gguf};
use crate::download::{AddressFile, FetchTransport};
use crate::storage::Folder;

const NAME: &str = "address.json";

/// No file of a model has more, in bytes. Some thousand of them fit 64 bits.
const MOST_BYTES: u64 = 1 << 44;
/// No model has more files.
const MOST_FILES: usize = 10_000;

/// How long a host may take to say whether a file is still the same.
const PATIENCE_MS: u32 = 5_000;

/// A model at an address, with all that is needed to go on with its download.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AddressManifest {
    /// Its address as people see it.
    pub(super) address: String,
    /// A name for people.
    pub(super) title: String,
    /// The names of the small files, which lie beside this one by these names.
    #[serde(rename = "beside")]
    pub(super) small: Vec<String>,
    /// What its host said of all files.
    files: Vec<HostedFile>,
    /// The files of weights in order, until their packed form takes their place. None if their
    /// sizes are not known.
    #[serde(default)]
    pub(super) weights: Vec<WeightsFile>,
}

/// A file at its host.
#[derive(Debug, Serialize, Deserialize)]
struct HostedFile {
    /// Its name in the folder of the model's address; empty if it is that.
    path: String,
    #[serde(rename = "stamp")]
    validators: Validators,
}

/// A file of weights.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WeightsFile {
    /// As of [`HostedFile`]. So nothing is stored of the query that an address may be signed by.
    path: String,
    /// In bytes.
    pub(super) size: u64,
    validators: Validators,
}

impl WeightsFile {
    /// Its journal, if nothing of it is there.
    pub(super) fn journal(&self) -> Journal {
        Journal::new(self.size, self.validators.clone())
    }

    /// The file at the model's address.
    pub(super) fn at(&self, url: &str) -> AddressFile {
        let validators = self.validators.clone();
        AddressFile {
            url: address_of(url, &self.path),
            size: Some(self.size),
            validators,
        }
    }
}

/// The name in storage of a file of weights, by its place among them.
pub(super) fn stored_name(index: usize) -> String {
    format!("weights.{index}")
}

impl AddressManifest {
    /// Of a model whose weights are asked for. `url` is its address, `found` what was said of the
    /// files there.
    pub(super) fn new(
        address: &str,
        url: &str,
        files: &ModelFiles,
        weights: &[AddressFile],
        found: Vec<(String, Validators)>,
    ) -> AddressManifest {
        let small = SMALL_FILES.iter().zip(small_files(files));
        let small = small.filter(|(_, file)| file.is_some());
        let hosted = |(of, validators): (String, Validators)| HostedFile {
            path: path_beneath(url, &of),
            validators,
        };
        let weights = weights.iter().map(|file| {
            let (path, validators) =
                (path_beneath(url, &file.url), file.validators.clone());
            Some(WeightsFile { path, size: file.size?, validators })
        });
        AddressManifest {
            address: address.to_owned(),
            title: files.name.clone(),
            small: small.map(|(name, _)| (*name).to_owned()).collect(),
            files: found.into_iter().map(hosted).collect(),
            weights: weights.collect::<Option<_>>().unwrap_or_default(),
        }
    }

    /// Reads what is in a model's folder; none if there is nothing that makes sense.
    pub(super) async fn read(folder: &Folder) -> Option<AddressManifest> {
        let json = folder.read(NAME).await.ok()?;
        serde_json::from_slice(&json).ok().filter(AddressManifest::is_sound)
    }

    /// Whether it can be true: so many files, of such sizes.
    fn is_sound(&self) -> bool {
        let sizes = self.weights.iter().all(|file| file.size <= MOST_BYTES);
        self.weights.len() <= MOST_FILES && sizes
    }

    /// Writes it into a model's folder.
    pub(super) async fn write(&self, folder: &Folder) -> Result<(), JsValue> {
        let json = serde_json::to_vec(self).unwrap_or_default();
        folder.write(NAME, &json).await
    }

    /// Whether the weights are a GGUF file.
    pub(super) fn is_gguf(&self) -> bool {
        self.weights
            .first()
            .is_some_and(|file| file.path.is_empty() || is_gguf(&file.path))
    }

    /// Whether the files at the address are those that this tells of. Where the host cannot be
    /// reached or will not say, they are taken for the same.
    pub(super) async fn is_current(
        &self,
        network: &FetchTransport<'_>,
        url: &str,
    ) -> bool {
        let ask = async {
            for file in &self.files {
                let now = network.validators_at(&address_of(url, &file.path)).await;
                match now {
                    Some(now) if !file.validators.match_those(&now) => return false,
                    Some(_) => {}
                    None => return true,
                }
            }
            true
        };
        match select(pin!(ask), TimeoutFuture::new(PATIENCE_MS)).await {
            Either::Left((is_current, _)) => is_current,
            Either::Right(_) => true,
        }
    }
}

/// The name of a file in the folder of a model's address; empty if it is that.
fn path_beneath(url: &str, file: &str) -> String {
    let name = file.split('?').next().and_then(|path| path.rsplit('/').next());
    let name = name.filter(|name| beneath(url, name) == file);
    name.unwrap_or_default().to_owned()
}

/// The address of the file of that name.
fn address_of(url: &str, path: &str) -> String {
    match path {
        "" => url.to_owned(),
        path => beneath(url, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_earlier_versions_stored_is_read() {
        let json = r#"{"address":"http://h/m/","title":"m","beside":["config.json"],"files":[
            {"path":"model.safetensors","stamp":{"etag":"\"a\"","modified":null,"length":"10"}}]}"#;
        let manifest: AddressManifest = serde_json::from_str(json).unwrap();
        assert_eq!(manifest.small, ["config.json"]);
        assert!(manifest.weights.is_empty());
        let now = Validators { etag: Some("a".into()), ..Validators::default() };
        assert!(manifest.files[0].validators.match_those(&now));
    }

    #[test]
    fn a_file_is_found_again_beneath_the_address_without_its_query_being_stored() {
        for (url, file, path) in [
            ("http://h/m/", "http://h/m/a.gguf", "a.gguf"),
            ("http://h/m?sig=1/2", "http://h/m/a.gguf?sig=1/2", "a.gguf"),
            ("http://h/x.gguf?sig=1", "http://h/x.gguf?sig=1", ""),
        ] {
            assert_eq!(path_beneath(url, file), path);
            assert_eq!(address_of(url, path), file);
        }
    }
}

//! Downloading a model into the cache.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hub::{
    Access, Catalogue, Download, FoundModel, HubError, Item, Journal, Listing, ModelId,
    Preference, Reference, RemoteFile, StoreFault, Transport, find, run,
};
use model_files::config::Config;
use protocol::Failure;

use super::HubSettings;
use super::blob::Blob;
use super::snapshot::{link, note_branch, restrict};
use crate::model::HubCache;

/// The requests that run at the same time.
const CONNECTIONS: usize = 4;

/// A model that is in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedModel {
    /// The folder of its commit.
    pub snapshot: PathBuf,
    /// The folder of the files beside its weights: that of the commit, or one in it.
    pub folder: PathBuf,
    /// The files of its weights.
    pub weights: Vec<PathBuf>,
}

/// Downloads the missing files of a model. `report` hears how many bytes of how many are
/// there. If the catalogue names a GGUF twin of the model, that is taken instead where
/// compact weights are preferred.
///
/// # Errors
/// If the model cannot be found, fetched or stored.
pub async fn fetch_model(
    transport: &impl Transport,
    settings: &HubSettings,
    catalogue: &Catalogue,
    reference: &Reference,
    preference: Preference,
    report: &dyn Fn(u64, u64),
) -> Result<FetchedModel, HubError> {
    let access = &settings.access;
    // Exact weights come from the model's own files.
    let twin = catalogue.twin(&reference.id);
    let twin = twin.filter(|_| preference != Preference::Exact);
    let found = find(transport, access, reference, twin, preference, None).await?;
    let FoundModel { asked, listing, choice } = found;
    let root = settings.cache.as_deref().ok_or_else(|| HubError::Storage {
        file: listing.id.to_string(),
        reason: "there is no folder for it; say where with HF_HOME".into(),
    })?;
    // In the folder of the name that was asked for, as Python's hub client does, so that the
    // model is found again by that name.
    let folder = root.join(HubCache::folder_name(&asked));
    if listing.gated || listing.private {
        // Before the first file is there.
        restrict(&folder).map_err(|error| failed(asked.as_str(), error))?;
    }
    let files =
        Files { transport, access, asked: &asked, listing: &listing, folder: &folder };
    // An architecture that the engine does not run is refused before weights are fetched.
    let config = choice
        .others
        .iter()
        .find(|file| file.path.rsplit('/').next() == Some("config.json"));
    if let Some(config) = config.filter(|_| !choice.is_gguf()) {
        files.fetch([config].into_iter(), &|_, _| ()).await?;
        let json = fs::read(folder.join("blobs").join(config.digest.hex()));
        let json = json.map_err(|error| failed(&config.path, error))?;
        check_config(&asked, &json)?;
    }
    files.fetch(choice.files(), report).await?;
    let commit = &listing.commit;
    for file in choice.files() {
        link(&folder, commit, &file.path, file.digest.hex())
            .map_err(|error| failed(&file.path, error))?;
    }
    let revision = reference.revision();
    if revision != commit {
        note_branch(&folder, revision, commit)
            .map_err(|error| failed(revision, error))?;
    }
    let snapshot = folder.join("snapshots").join(commit);
    let weights = choice.weights.iter().map(|file| snapshot.join(Path::new(&file.path)));
    let (weights, folder) = (weights.collect(), snapshot.join(choice.folder()));
    Ok(FetchedModel { weights, snapshot, folder })
}

/// A download of files into the folder of their model.
struct Files<'a, T> {
    transport: &'a T,
    access: &'a Access,
    asked: &'a ModelId,
    listing: &'a Listing,
    folder: &'a Path,
}

impl<T: Transport> Files<'_, T> {
    /// Downloads the files that are missing.
    async fn fetch(
        &self,
        wanted: impl Iterator<Item = &RemoteFile>,
        report: &dyn Fn(u64, u64),
    ) -> Result<(), HubError> {
        let Files { transport, access, asked, listing, folder } = self;
        let (mut files, mut blobs) = (Vec::new(), Vec::new());
        for file in wanted {
            // Files with the same contents are stored once.
            if files.iter().any(|(item, _): &(Item, Journal)| item.digest == file.digest)
            {
                continue;
            }
            let opened = Blob::open(folder, file.size, &file.digest)
                .await
                .map_err(|error| failed(&file.path, error))?;
            if let Some((blob, journal)) = opened {
                let item = Item {
                    name: file.path.clone(),
                    url: access.endpoint.file(&listing.id, &listing.commit, &file.path),
                    size: file.size,
                    digest: file.digest.clone(),
                };
                files.push((item, journal));
                blobs.push(blob);
            }
        }
        let mut download = Download::new(files, CONNECTIONS);
        let size = download.size();
        let report_bytes = |done| report(done, size);
        let id = asked.as_str();
        run(&mut download, &mut blobs, *transport, access, id, &report_bytes).await?;
        for (index, blob) in blobs.into_iter().enumerate() {
            blob.finish().map_err(|error| failed(&download.item(index).name, error))?;
        }
        Ok(())
    }
}

fn failed(file: &str, error: io::Error) -> HubError {
    HubError::of_store(StoreFault::Other(error.to_string()), file)
}

/// Checks that the engine runs a model with this configuration.
fn check_config(id: &ModelId, config: &[u8]) -> Result<(), HubError> {
    Config::from_json(config).map(drop).map_err(|error| {
        let Failure { message, hint, .. } = engine::EngineError::from(error).failure();
        let reason = format!("{message} {}", hint.unwrap_or_default());
        let reason = reason.trim_end_matches(['.', ' ']).to_owned();
        HubError::NoWeights { id: id.to_string(), reason }
    })
}

//! From a model's name to its folder in the cache.

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

/// Requests that are under way at once.
const CONNECTIONS: usize = 4;

/// A model that is in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The folder of its commit.
    pub snapshot: PathBuf,
    /// The folder of the files that go with its weights: that of the commit, or one in it.
    pub folder: PathBuf,
    /// Its weights in there.
    pub weights: Vec<PathBuf>,
}

/// Downloads what is missing of a model; `tell` hears of how many bytes in all there
/// are how many. With what the catalogue says, a GGUF twin is taken instead of the
/// model's own folder.
///
/// # Errors
/// If it cannot be had or kept.
pub async fn fetch_model(
    transport: &impl Transport,
    settings: &HubSettings,
    catalogue: &Catalogue,
    reference: &Reference,
    preference: Preference,
    tell: &dyn Fn(u64, u64),
) -> Result<Fetched, HubError> {
    let access = &settings.access;
    // Four bits are made of the model's own files natively.
    let twin = catalogue.twin(&reference.id);
    let twin = twin.filter(|_| preference == Preference::Compact);
    let found = find(transport, access, reference, twin, preference).await?;
    let FoundModel { asked, listing, choice } = found;
    let root = settings.cache.as_deref().ok_or_else(|| HubError::Storage {
        file: listing.id.to_string(),
        reason: "there is no folder for it; say where with HF_HOME".into(),
    })?;
    // As Python's hub client does, so that it is found again by what was asked for.
    let folder = root.join(HubCache::folder_name(&asked));
    if listing.gated || listing.private {
        // Before any of it is there.
        restrict(&folder).map_err(|error| failed(asked.as_str(), error))?;
    }
    let files =
        Files { transport, access, asked: &asked, listing: &listing, folder: &folder };
    // What the engine does not run is refused before its weights are fetched.
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
    files.fetch(choice.files(), tell).await?;
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
    Ok(Fetched { weights, snapshot, folder })
}

/// Files of a model on their way into its folder.
struct Files<'a, T> {
    transport: &'a T,
    access: &'a Access,
    asked: &'a ModelId,
    listing: &'a Listing,
    folder: &'a Path,
}

impl<T: Transport> Files<'_, T> {
    /// Downloads those that are not there.
    async fn fetch(
        &self,
        wanted: impl Iterator<Item = &RemoteFile>,
        tell: &dyn Fn(u64, u64),
    ) -> Result<(), HubError> {
        let Files { transport, access, asked, listing, folder } = self;
        let (mut files, mut blobs) = (Vec::new(), Vec::new());
        for file in wanted {
            // Two files with the same contents are one.
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
        let told = |done| tell(done, size);
        let id = asked.as_str();
        run(&mut download, &mut blobs, *transport, access, id, &told).await?;
        for (index, blob) in blobs.into_iter().enumerate() {
            blob.finish().map_err(|error| failed(&download.item(index).name, error))?;
        }
        Ok(())
    }
}

fn failed(file: &str, error: io::Error) -> HubError {
    HubError::of_store(StoreFault::Other(error.to_string()), file)
}

/// Looks whether the engine runs a model with such a configuration.
fn check_config(id: &ModelId, config: &[u8]) -> Result<(), HubError> {
    Config::from_json(config).map(drop).map_err(|error| {
        let Failure { message, hint, .. } = engine::EngineError::from(error).failure();
        let reason = format!("{message} {}", hint.unwrap_or_default());
        let reason = reason.trim_end_matches(['.', ' ']).to_owned();
        HubError::NoWeights { id: id.to_string(), reason }
    })
}

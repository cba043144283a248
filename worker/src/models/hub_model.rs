//! From a model's name on a hub to its files: out of storage, or downloaded into it.

use engine::EngineError;
use hub::{
    Access, Credential, Download, Endpoint, FoundModel, GgufTwin, HubError, Item,
    Journal, ModelId, Preference, Reference, StoreFault, StoredName, find, run,
};
use model_files::config::Config;
use model_files::{BoxedFile, ModelFiles, WeightFiles};
use protocol::{ErrorCode, Failure, HubModel, Precision, RequestId};
use web_sys::DedicatedWorkerGlobalScope;

use super::fetched_model::{FetchedModel, no_files, place_of, small_files_mut};
use super::hub_manifest::{HubManifest, ManifestFile};
use super::memory_need::{ROOM_FOR_WEIGHTS, check_memory};
use super::model_key::ModelKey;
use super::packed_weights::{self, PackedWriter, StoredWeights};
use crate::download::{
    CONNECTIONS, DownloadProgress, FetchTransport, FileStore, StorageFailed,
};
use crate::memory;
use crate::storage::Folder;

/// Gets the files of a model. Dropping the future stops it; then what is finished stays.
pub(crate) async fn load_hub_model(
    scope: &DedicatedWorkerGlobalScope,
    model: &HubModel,
    precision: Precision,
    id: RequestId,
) -> Result<FetchedModel, Failure> {
    let transport = FetchTransport::new(scope);
    HubLoad { scope, model, precision, id, transport }.files().await
}

/// How to ask a model's hub, and for what.
pub(super) fn access_to(model: &HubModel) -> Result<(Access, Reference), Failure> {
    let endpoint = Endpoint::new(&model.endpoint).map_err(|e| in_words(&e))?;
    let name = StoredName::parse(&model.name).name;
    let reference = Reference::parse(&name, &endpoint).map_err(|e| in_words(&e))?;
    let token = model.token.as_deref().unwrap_or_default();
    let credential = Credential::new(&endpoint, token);
    Ok((Access { endpoint, credential, ..Access::default() }, reference))
}

struct HubLoad<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
    model: &'a HubModel,
    precision: Precision,
    id: RequestId,
    transport: FetchTransport<'a>,
}

impl HubLoad<'_> {
    async fn files(&self) -> Result<FetchedModel, Failure> {
        let root = Folder::root(self.scope).await.ok();
        let key = ModelKey::new(&self.model.name, self.precision);
        let known = match &root {
            Some(root) => match root.folder(&key.folder_name(), false).await {
                Ok(folder) => {
                    HubManifest::read(&folder).await.map(|known| (known, folder))
                }
                Err(_) => None,
            },
            None => None,
        };
        let (manifest, folder) = match known {
            Some((manifest, folder)) => (manifest, Some(folder)),
            None if self.model.stored_only => return Err(self.not_stored()),
            None => {
                let manifest = self.resolve().await?;
                if !manifest.is_sound() {
                    return Err(failure(format!(
                        "What the hub says of the files of {} cannot be true.",
                        self.model.name
                    )));
                }
                let weights = manifest.files.iter().filter(|file| file.weights);
                let (sizes, title) = (weights.map(|file| file.size), &manifest.title);
                check_memory(title, sizes, manifest.is_quantised(), self.precision)?;
                let folder = match &root {
                    Some(root) => {
                        // Without a manifest, nothing tells what the files there are.
                        let _ = root.remove(&key.folder_name()).await;
                        root.folder(&key.folder_name(), true).await.ok()
                    }
                    None => None,
                };
                if let Some(folder) = &folder {
                    // If it fails, the model is downloaded again at the next visit.
                    let _ = manifest.write(folder).await;
                }
                (manifest, folder)
            }
        };
        self.fetch(&manifest, folder.as_ref()).await
    }

    /// Asks the hub what to fetch.
    async fn resolve(&self) -> Result<HubManifest, Failure> {
        let (access, reference) = self.access()?;
        let preference = match self.precision {
            Precision::F32 | Precision::F16 | Precision::Bf16 => Preference::Exact,
            Precision::Q4 => Preference::Small,
            Precision::Auto | Precision::Q8 => Preference::Compact,
        };
        let twin = self.model.twin.as_deref().and_then(|id| ModelId::new(id).ok());
        let twin = twin.map(|id| GgufTwin { id, file: None });
        let (twin, room) = (twin.as_ref(), Some(ROOM_FOR_WEIGHTS));
        let found =
            find(&self.transport, &access, &reference, twin, preference, room).await;
        let FoundModel { listing, choice, .. } =
            found.map_err(|error| in_words(&error))?;
        Ok(HubManifest::new(&access.endpoint, &listing, &choice))
    }

    fn access(&self) -> Result<(Access, Reference), Failure> {
        access_to(self.model)
    }

    /// Gets the files. Packed weights that were rounded a second time are fetched again, unless
    /// they cannot be.
    async fn fetch(
        &self,
        manifest: &HubManifest,
        folder: Option<&Folder>,
    ) -> Result<FetchedModel, Failure> {
        let stored = self.stored_weights(folder).await;
        if stored.as_ref().is_none_or(|stored| !stored.rounded) {
            let packed = stored.map(|stored| stored.file);
            return self.fetch_missing(manifest, folder, packed).await;
        }
        // A file is open once: that of what is packed anew is the same.
        drop(stored);
        if !self.model.stored_only {
            StoredWeights::tell_fetched_again(self.id, &manifest.title);
            match self.fetch_missing(manifest, folder, None).await {
                Err(failure) if failure.code == ErrorCode::Network => {}
                fetched => return fetched,
            }
        }
        StoredWeights::tell_used(self.id, &manifest.title);
        let stored = self.stored_weights(folder).await;
        let packed = stored.map(|stored| stored.file);
        self.fetch_missing(manifest, folder, packed).await
    }

    async fn stored_weights(&self, folder: Option<&Folder>) -> Option<StoredWeights> {
        packed_weights::open(folder?).await
    }

    /// Downloads what is missing. Weights that are there in their packed form are not.
    async fn fetch_missing(
        &self,
        manifest: &HubManifest,
        folder: Option<&Folder>,
        packed: Option<BoxedFile>,
    ) -> Result<FetchedModel, Failure> {
        if folder.is_some() && packed.is_none() && !self.model.stored_only {
            self.check_config(manifest, folder).await?;
        }
        let needed = |file: &&ManifestFile| !(file.weights && packed.is_some());
        let wanted: Vec<&ManifestFile> = manifest.files.iter().filter(needed).collect();
        let storage_failed = StorageFailed::default();
        let (items, mut stores) = open_stores(&wanted, folder, &storage_failed).await;
        let mut download = Download::new(items, CONNECTIONS);
        let was_stored = download.finished_bytes() == download.size();
        if self.model.stored_only && !was_stored {
            return Err(self.not_stored());
        }
        let progress = DownloadProgress::new(self.id, &storage_failed);
        let tell = progress.of_download(&download);
        self.run(&mut download, &mut stores, &tell).await?;
        progress.notice();
        let files = assemble(&manifest.title, wanted, stores, packed)?;
        let is_packed = matches!(files.weights, WeightFiles::Packed(_));
        let packed_writer = match folder {
            Some(folder) if !is_packed && !storage_failed.get() => {
                PackedWriter::begin(folder, manifest.names_of_weights()).await
            }
            _ => None,
        };
        Ok(FetchedModel { files, packed_writer, was_stored, leftover: false })
    }

    async fn run(
        &self,
        download: &mut Download,
        stores: &mut [FileStore],
        tell: &dyn Fn(u64),
    ) -> Result<(), Failure> {
        let (access, _) = self.access()?;
        let name = &self.model.name;
        let ran = run(download, stores, &self.transport, &access, name, tell).await;
        ran.map_err(|error| in_words(&error))
    }

    /// Refuses what the engine does not run, before its weights are downloaded.
    async fn check_config(
        &self,
        manifest: &HubManifest,
        folder: Option<&Folder>,
    ) -> Result<(), Failure> {
        let config = manifest.files.iter().find(|file| file.path == "config.json");
        let Some(file) = config.filter(|_| !manifest.is_gguf()) else { return Ok(()) };
        let storage_failed = StorageFailed::default();
        let (items, mut stores) = open_stores(&[file], folder, &storage_failed).await;
        let mut download = Download::new(items, CONNECTIONS);
        self.run(&mut download, &mut stores, &|_| ()).await?;
        for store in stores {
            let config =
                store.into_bytes().map_err(|fault| no_room(fault, &file.path))?;
            Config::from_json(&config)
                .map_err(|error| EngineError::from(error).failure())?;
        }
        Ok(())
    }

    fn not_stored(&self) -> Failure {
        Failure {
            code: ErrorCode::NotStored,
            message: format!(
                "{} is not in this browser’s storage any more: the browser or a person \
                 has deleted it.",
                self.model.name
            ),
            hint: Some("Choose it again to download it.".into()),
        }
    }
}

/// Opens the stores of files, with the journals of what is there.
async fn open_stores(
    files: &[&ManifestFile],
    folder: Option<&Folder>,
    storage_failed: &StorageFailed,
) -> (Vec<(Item, Journal)>, Vec<FileStore>) {
    let (mut items, mut stores) = (Vec::new(), Vec::new());
    for file in files {
        let (name, fresh) = (file.stored_name(), file.journal());
        let (store, journal) = FileStore::open(folder, name, fresh, storage_failed).await;
        items.push((file.item(), journal));
        stores.push(store);
    }
    (items, stores)
}

/// Puts files, which are there, where a model has them. `packed` are its weights, if they are
/// there in that form.
fn assemble(
    title: &str,
    files: Vec<&ManifestFile>,
    stores: Vec<FileStore>,
    packed: Option<BoxedFile>,
) -> Result<ModelFiles, Failure> {
    let mut model = no_files(title);
    let (mut gguf, mut shards) = (None, Vec::<BoxedFile>::new());
    for (file, store) in files.into_iter().zip(stores) {
        let failed = |fault| no_room(fault, &file.path);
        if file.weights {
            let weights = store.into_file().map_err(failed)?;
            match file.is_gguf() {
                true => gguf = Some(weights),
                false => shards.push(weights),
            }
            continue;
        }
        let name = file.path.rsplit('/').next().unwrap_or_default();
        if let Some(index) = place_of(name) {
            let bytes = store.into_bytes().map_err(failed)?;
            *small_files_mut(&mut model)[index] = Some(bytes);
        }
    }
    model.weights = match (packed, gguf) {
        (Some(file), _) => WeightFiles::Packed(file),
        (None, Some(file)) => WeightFiles::Gguf(file),
        (None, None) => WeightFiles::Safetensors(shards),
    };
    Ok(model)
}

fn no_room(fault: StoreFault, path: &str) -> Failure {
    match fault {
        StoreFault::Full => memory::refused(),
        other => in_words(&HubError::of_store(other, path)),
    }
}

pub(super) fn in_words(error: &HubError) -> Failure {
    failure(error.to_string())
}

fn failure(message: String) -> Failure {
    Failure { code: ErrorCode::Network, message, hint: None }
}

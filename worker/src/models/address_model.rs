//! Models that are named by an address of their own and not by a hub: stored as those of a
//! hub are, and looked at the address at the next visit whether they are still the same.

use hub::is_quantised_gguf;
use model_files::{ModelFiles, WeightFiles};
use protocol::{ErrorCode, Failure, Precision, RequestId};
use web_sys::DedicatedWorkerGlobalScope;

use super::address::Address;
use super::address_manifest::{AddressManifest, stored_name};
use super::fetched_model::{
    FetchedModel, SMALL_FILES, no_files, small_files, small_files_mut,
};
use super::memory_need::check_memory;
use super::model_url::{complete, is_gguf, last_part};
use super::opened_model::{open_model, weights_of};
use super::packed_weights::{self, PackedWriter, StoredWeights};
use crate::download::{
    AddressFiles, DownloadProgress, FetchTransport, FileStore, StorageFailed,
    journal_name,
};
use crate::storage::Folder;

/// The name by which the model at an address is stored and listed.
pub(crate) fn name_of_address(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
) -> Result<String, Failure> {
    Ok(Address::new(&complete(scope, url)?).name().to_owned())
}

/// Gets the files of a model at an address, out of storage as far as they are there and still the
/// same, as far as can be told. Dropping the future stops it; then what is finished stays.
pub(crate) async fn load_address(
    scope: &DedicatedWorkerGlobalScope,
    url: &str,
    precision: Precision,
    id: RequestId,
) -> Result<FetchedModel, Failure> {
    let address = Address::new(&complete(scope, url)?);
    let storage_failed = StorageFailed::default();
    let progress = DownloadProgress::new(id, &storage_failed);
    let root = Folder::root(scope).await.ok();
    let load = AddressLoad {
        scope,
        id,
        address: &address,
        folder_name: address.folder_name(precision),
        precision,
        root,
        storage_failed,
        progress: &progress,
    };
    if let Some(stored) = load.stored().await? {
        return Ok(stored);
    }
    match &address.url {
        Some(url) => load.fetched(url).await,
        None => Err(load.not_stored()),
    }
}

struct AddressLoad<'a> {
    scope: &'a DedicatedWorkerGlobalScope,
    id: RequestId,
    address: &'a Address,
    folder_name: String,
    precision: Precision,
    /// The folder of all models, where there is storage.
    root: Option<Folder>,
    storage_failed: StorageFailed,
    progress: &'a DownloadProgress,
}

impl AddressLoad<'_> {
    /// The model out of storage; what is missing of its weights is downloaded. None if it is not
    /// there, or not the same any more.
    async fn stored(&self) -> Result<Option<FetchedModel>, Failure> {
        let Some((folder, manifest)) = self.manifest().await else { return Ok(None) };
        let url = self.address.url.as_deref();
        if let Some(url) = url
            && !manifest.is_current(&FetchTransport::new(self.scope), url).await
        {
            return Ok(None);
        }
        let Some(mut files) = read_small_files(&folder, &manifest).await else {
            return Ok(None);
        };
        let packed = packed_weights::open(&folder).await;
        if packed.as_ref().is_some_and(|packed| packed.rounded) {
            // A file is open once: that of what is packed anew is the same.
            drop(packed);
            return self.fetched_again(url, folder, &manifest, files).await;
        }
        if let Some(packed) = packed {
            files.weights = WeightFiles::Packed(packed.file);
            return Ok(Some(whole(files)));
        }
        if manifest.weights.is_empty() {
            return Ok(None);
        }
        self.resume(url, folder, &manifest, files).await.map(Some)
    }

    /// The model whose packed weights were rounded a second time, from its host or, if that cannot
    /// be reached, as it is stored. None if all of it has to be fetched.
    async fn fetched_again(
        &self,
        url: Option<&str>,
        folder: Folder,
        manifest: &AddressManifest,
        files: ModelFiles,
    ) -> Result<Option<FetchedModel>, Failure> {
        let title = manifest.title.as_str();
        if url.is_some() {
            StoredWeights::tell_fetched_again(self.id, title);
            if manifest.weights.is_empty() {
                return Ok(None);
            }
            match self.resume(url, folder.clone(), manifest, files).await {
                Err(failure) if failure.code == ErrorCode::Network => {}
                fetched => return fetched.map(Some),
            }
        }
        let files = read_small_files(&folder, manifest).await;
        let packed = packed_weights::open(&folder).await;
        let Some((mut files, packed)) = files.zip(packed) else { return Ok(None) };
        StoredWeights::tell_used(self.id, title);
        files.weights = WeightFiles::Packed(packed.file);
        Ok(Some(whole(files)))
    }

    /// Goes on with the download of the weights of a model whose small files are there.
    async fn resume(
        &self,
        url: Option<&str>,
        folder: Folder,
        manifest: &AddressManifest,
        files: ModelFiles,
    ) -> Result<FetchedModel, Failure> {
        let (mut weights, mut was_stored) = (Vec::new(), true);
        for (index, file) in manifest.weights.iter().enumerate() {
            let (name, fresh) = (stored_name(index), file.journal());
            let (store, journal) =
                FileStore::open(Some(&folder), &name, fresh, &self.storage_failed).await;
            was_stored &= journal.is_complete();
            weights.push((file.at(url.unwrap_or_default()), store, Some(journal)));
        }
        if url.is_none() && !was_stored {
            return Err(self.not_whole());
        }
        let url = url.unwrap_or_default();
        let network = FetchTransport::new(self.scope);
        let at_host = AddressFiles::new(network, url, self.progress);
        let weights = at_host.fetch(weights).await?;
        let weights = weights_of(weights, manifest.is_gguf());
        let files = ModelFiles { weights, ..files };
        let packed_writer = self.pack_into(Some(&folder), manifest.weights.len()).await;
        Ok(FetchedModel { files, packed_writer, was_stored, leftover: false })
    }

    /// The model from its host, stored as it comes.
    async fn fetched(&self, url: &str) -> Result<FetchedModel, Failure> {
        let network = FetchTransport::new(self.scope);
        let at_host = AddressFiles::new(network, url, self.progress);
        let model = open_model(url, &at_host).await?;
        let sizes = model.weights.iter().filter_map(|file| file.size);
        let quantised = match is_gguf(url) {
            true => is_quantised_gguf(last_part(url)),
            false => model.is_gguf,
        };
        check_memory(&model.files.name, sizes, quantised, self.precision)?;
        let name = self.address.name();
        let found = at_host.found();
        let manifest =
            AddressManifest::new(name, url, &model.files, &model.weights, found);
        let folder = self.begin(&manifest, &model.files).await;
        let mut weights = Vec::new();
        for (index, file) in model.weights.iter().enumerate() {
            let (store, journal) = match file.journal() {
                Some(fresh) => {
                    let (folder, name) = (folder.as_ref(), stored_name(index));
                    let (store, journal) =
                        FileStore::open(folder, &name, fresh, &self.storage_failed).await;
                    (store, Some(journal))
                }
                // Without a size, it could not be resumed.
                None => {
                    let failed = &self.storage_failed;
                    (FileStore::temporary(self.scope, failed).await, None)
                }
            };
            weights.push((file.clone(), store, journal));
        }
        let count = weights.len();
        let weights = at_host.fetch(weights).await?;
        let files = model.with_weights(weights);
        let packed_writer = self.pack_into(folder.as_ref(), count).await;
        let leftover = folder.is_some() && self.storage_failed.get();
        Ok(FetchedModel { files, packed_writer, was_stored: false, leftover })
    }

    /// Begins to write packed weights in place of so many files of weights; none where storage
    /// fails.
    async fn pack_into(
        &self,
        folder: Option<&Folder>,
        weights: usize,
    ) -> Option<PackedWriter> {
        let folder = folder.filter(|_| !self.storage_failed.get())?;
        let names = (0..weights).map(stored_name);
        let replaced = names.flat_map(|name| [journal_name(&name), name]);
        PackedWriter::begin(folder, replaced.collect()).await
    }

    /// What is known of the model in storage.
    async fn manifest(&self) -> Option<(Folder, AddressManifest)> {
        let folder = self.root.as_ref()?.folder(&self.folder_name, false).await.ok()?;
        let manifest = AddressManifest::read(&folder).await?;
        Some((folder, manifest))
    }

    /// Makes the model's folder anew, with all but the weights; none where storage fails.
    async fn begin(
        &self,
        manifest: &AddressManifest,
        files: &ModelFiles,
    ) -> Option<Folder> {
        let root = self.root.as_ref()?;
        // What is there is of other files.
        let _ = root.remove(&self.folder_name).await;
        let begun = async {
            let folder = root.folder(&self.folder_name, true).await.ok()?;
            for (name, bytes) in SMALL_FILES.iter().zip(small_files(files)) {
                if let Some(bytes) = bytes {
                    folder.write(name, bytes).await.ok()?;
                }
            }
            manifest.write(&folder).await.ok()?;
            Some(folder)
        };
        let folder = begun.await;
        if folder.is_none() {
            let _ = root.remove(&self.folder_name).await;
        }
        folder
    }

    fn not_stored(&self) -> Failure {
        lacks_address(format!(
            "{} is not in this browser’s storage any more, and the rest of its address is \
             not known.",
            self.address.name()
        ))
    }

    fn not_whole(&self) -> Failure {
        lacks_address(format!(
            "Only a part of {} is in this browser’s storage, and the rest of its address is \
             not known.",
            self.address.name()
        ))
    }
}

fn lacks_address(message: String) -> Failure {
    let hint = Some("Give the whole address again.".into());
    Failure { code: ErrorCode::NotStored, message, hint }
}

/// A model of which all was in storage.
fn whole(files: ModelFiles) -> FetchedModel {
    FetchedModel { files, packed_writer: None, was_stored: true, leftover: false }
}

/// A model without weights; none if not all small files are there.
async fn read_small_files(
    folder: &Folder,
    manifest: &AddressManifest,
) -> Option<ModelFiles> {
    let mut files = no_files(&manifest.title);
    for (name, place) in SMALL_FILES.iter().zip(small_files_mut(&mut files)) {
        if manifest.small.iter().any(|known| known == name) {
            *place = Some(folder.read_whole(name).await.ok()?);
        }
    }
    Some(files)
}

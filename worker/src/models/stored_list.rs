//! The list of what is in storage.

use hub::Journal;
use protocol::{Precision, StoredModel, StoredModels};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, StorageEstimate};

use super::address::{Address, precision_of};
use super::address_manifest::{AddressManifest, stored_name};
use super::hub_manifest::HubManifest;
use super::model_key::ModelKey;
use super::packed_weights;
use crate::download::journal_name;
use crate::storage::Folder;

/// The models in storage, whole or in part, and how much room there is. Where there is
/// no storage, there are none.
pub(crate) async fn list(scope: &DedicatedWorkerGlobalScope) -> StoredModels {
    let models = stored(scope).await.unwrap_or_default();
    let estimate = estimate(scope).await;
    let part = |get: fn(&StorageEstimate) -> Option<f64>| {
        estimate.as_ref().and_then(get).map(|bytes| bytes as u64)
    };
    StoredModels {
        models,
        used: part(StorageEstimate::get_usage),
        quota: part(StorageEstimate::get_quota),
    }
}

/// Deletes a model, and what is there of one that is not whole.
pub(crate) async fn delete(scope: &DedicatedWorkerGlobalScope, key: &ModelKey) {
    if let Ok(root) = Folder::root(scope).await {
        // What is not there need not be deleted.
        let _ = root.remove(&key.folder_name()).await;
        let of_address = Address::new(&key.name).folder_name(key.precision);
        let _ = root.remove(&of_address).await;
    }
}

async fn stored(scope: &DedicatedWorkerGlobalScope) -> Result<Vec<StoredModel>, JsValue> {
    let root = Folder::root(scope).await?;
    let mut models = Vec::new();
    for name in root.names().await? {
        let Ok(folder) = root.folder(&name, false).await else { continue };
        let found = match (precision_of(&name), ModelKey::of_folder(&name)) {
            (Some(precision), _) => of_address(&folder, precision).await,
            (None, Some(key)) => of_hub(&folder, key).await,
            (None, None) => continue,
        };
        match found {
            Some(model) => models.push(model),
            // Without a manifest it can never be used.
            None => drop(root.remove(&name).await),
        }
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(models)
}

async fn of_hub(folder: &Folder, key: ModelKey) -> Option<StoredModel> {
    let manifest = HubManifest::read(folder).await?;
    let (mut bytes, mut of_weights) = (0, 0);
    for file in &manifest.files {
        let there = finished(folder, file.stored_name(), file.journal()).await;
        bytes += there;
        of_weights += if file.weights { there } else { 0 };
    }
    let mut total = manifest.size();
    if let Some(packed) = packed_weights::size(folder).await
        && of_weights == 0
    {
        bytes += packed;
        total = bytes;
    }
    let ModelKey { name, precision } = key;
    Some(StoredModel { name, precision, bytes, total })
}

async fn of_address(folder: &Folder, precision: Precision) -> Option<StoredModel> {
    let manifest = AddressManifest::read(folder).await?;
    let (mut bytes, mut missing, mut of_weights) = (0, 0, 0);
    for name in &manifest.small {
        bytes += folder.size(name).await.ok()?;
    }
    for (index, file) in manifest.weights.iter().enumerate() {
        let there = finished(folder, &stored_name(index), file.journal()).await;
        of_weights += there;
        missing += file.size - there;
    }
    match packed_weights::size(folder).await {
        Some(packed) if of_weights == 0 => (bytes, missing) = (bytes + packed, 0),
        None if manifest.weights.is_empty() => return None,
        _ => bytes += of_weights,
    }
    let total = bytes + missing;
    Some(StoredModel { name: manifest.address, precision, bytes, total })
}

/// How many bytes of a file are there; `fresh` is its journal if there are none.
async fn finished(folder: &Folder, name: &str, fresh: Journal) -> u64 {
    let json = folder.read(&journal_name(name)).await.unwrap_or_default();
    let journal = Journal::read(&json, fresh.size(), fresh.identity().clone());
    journal.map_or(0, |journal| journal.finished_bytes())
}

async fn estimate(scope: &DedicatedWorkerGlobalScope) -> Option<StorageEstimate> {
    let manager = scope.navigator().storage();
    if manager.is_undefined() {
        return None;
    }
    let estimate = JsFuture::from(manager.estimate().ok()?).await.ok()?;
    Some(estimate.unchecked_into())
}

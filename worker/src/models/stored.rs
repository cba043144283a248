//! The list of what is in storage.

use hub::Journal;
use protocol::{Precision, StoredModel, StoredModels};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, StorageEstimate};

use super::copy::Copy;
use super::manifest::Manifest;
use super::storage::{Folder, Key};
use super::{address, packed};

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
pub(crate) async fn delete(scope: &DedicatedWorkerGlobalScope, key: &Key) {
    if let Ok(root) = Folder::root(scope).await {
        // What is not there need not be deleted.
        let _ = root.delete_model(key).await;
        address::delete(&root, &key.name, key.precision).await;
    }
}

async fn stored(scope: &DedicatedWorkerGlobalScope) -> Result<Vec<StoredModel>, JsValue> {
    let root = Folder::root(scope).await?;
    let mut models = Vec::new();
    for name in root.names().await? {
        let Ok(folder) = root.folder(&name, false).await else { continue };
        let found = match (address::precision_of(&name), Key::of_folder(&name)) {
            (Some(precision), _) => of_address(&folder, precision).await,
            (None, Some(key)) => of_hub(&folder, key).await,
            (None, None) => continue,
        };
        match found {
            Some(model) => models.push(model),
            // What was stored and cannot be told of can never be used.
            None => drop(root.remove(&name).await),
        }
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(models)
}

async fn of_hub(folder: &Folder, key: Key) -> Option<StoredModel> {
    let manifest = Manifest::read(folder).await?;
    let (mut bytes, mut of_weights) = (0, 0);
    for file in &manifest.files {
        let json = folder.read(&file.journal_name()).await.unwrap_or_default();
        let there = Journal::read(&json, file.size, &file.digest)
            .map_or(0, |journal| journal.finished_bytes());
        bytes += there;
        of_weights += if file.weights { there } else { 0 };
    }
    let mut total = manifest.size();
    if let Some(packed) = packed::size(folder).await
        && of_weights == 0
    {
        bytes += packed;
        total = bytes;
    }
    let Key { name, precision } = key;
    Some(StoredModel { name, precision, bytes, total })
}

async fn of_address(folder: &Folder, precision: Precision) -> Option<StoredModel> {
    let copy = Copy::read(folder).await?;
    let mut bytes = packed::size(folder).await?;
    for name in &copy.beside {
        bytes += folder.size(name).await.ok()?;
    }
    Some(StoredModel { name: copy.address, precision, bytes, total: bytes })
}

async fn estimate(scope: &DedicatedWorkerGlobalScope) -> Option<StorageEstimate> {
    let manager = scope.navigator().storage();
    if manager.is_undefined() {
        return None;
    }
    let estimate = JsFuture::from(manager.estimate().ok()?).await.ok()?;
    Some(estimate.unchecked_into())
}

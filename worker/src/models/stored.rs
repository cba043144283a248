//! The list of what is in storage.

use hub::Journal;
use protocol::{StoredModel, StoredModels};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, StorageEstimate};

use super::manifest::Manifest;
use super::packed;
use super::storage::{Folder, Key};

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
    }
}

async fn stored(scope: &DedicatedWorkerGlobalScope) -> Result<Vec<StoredModel>, JsValue> {
    let root = Folder::root(scope).await?;
    let mut models = Vec::new();
    for key in root.models().await? {
        let folder = root.model(&key, false).await?;
        let Some(manifest) = Manifest::read(&folder).await else {
            // What was stored without one can never be used.
            let _ = root.delete_model(&key).await;
            continue;
        };
        let (mut bytes, mut of_weights) = (0, 0);
        for file in &manifest.files {
            let json = folder.read(&file.journal_name()).await.unwrap_or_default();
            let there = Journal::read(&json, file.size, &file.digest)
                .map_or(0, |journal| journal.finished_bytes());
            bytes += there;
            of_weights += if file.weights { there } else { 0 };
        }
        let mut total = manifest.size();
        if let Some(packed) = packed::size(&folder).await
            && of_weights == 0
        {
            bytes += packed;
            total = bytes;
        }
        let Key { name, precision } = key;
        models.push(StoredModel { name, precision, bytes, total });
    }
    models.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(models)
}

async fn estimate(scope: &DedicatedWorkerGlobalScope) -> Option<StorageEstimate> {
    let manager = scope.navigator().storage();
    if manager.is_undefined() {
        return None;
    }
    let estimate = JsFuture::from(manager.estimate().ok()?).await.ok()?;
    Some(estimate.unchecked_into())
}

//! What models there are, and what a model has.

use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use hub::Digest;
use serde_json::{Value, json};

use super::lookup::find;
use super::path::{decoded, split_revision};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::shared_hub::{SharedFile, SharedModel};

/// `GET /hub/api/models`: the models that can be downloaded from here.
pub(super) async fn models(State(state): State<AppState>) -> Response {
    let hub = state.hub.clone();
    let Ok(mut ids) = tokio::task::spawn_blocking(move || hub.ids()).await else {
        return ApiError::unexpected().into_response();
    };
    if state.hub.fetches() {
        // Any other model of the upstream hub can be asked for by name.
        let offered = state.models.offered().models;
        ids.extend(offered.into_iter().map(|model| model.id.to_string()));
        ids.sort();
        ids.dedup();
    }
    let models = ids.into_iter().map(|id| json!({ "id": id, "modelId": id }));
    Json(models.collect::<Vec<Value>>()).into_response()
}

/// `GET /hub/api/models/…`: what a model has, or its files as a plain list, which Hugging
/// Face's own client asks for.
pub(super) async fn model(State(state): State<AppState>, uri: Uri) -> Response {
    let rest = uri.path().strip_prefix("/api/models/").unwrap_or_default();
    let as_list = rest.split_once("/tree/").is_some();
    let parts = rest.split_once("/tree/").or_else(|| rest.split_once("/revision/"));
    let (id, revision) = parts.unwrap_or((rest, "main"));
    let (Some(id), Some((revision, _))) = (decoded(id), split_revision(revision)) else {
        return ApiError::no_such_route().into_response();
    };
    match find(&state, &id, &revision).await {
        Ok(model) if as_list => Json(tree(&model)).into_response(),
        Ok(model) => Json(listing(&model)).into_response(),
        Err(response) => response,
    }
}

/// A model with its files.
fn listing(model: &SharedModel) -> Value {
    let sibling = |file: &SharedFile| {
        let mut sibling = json!({
            "rfilename": file.path, "size": file.size, "blobId": file.digest.hex(),
        });
        if let Digest::Sha256(hex) = &file.digest {
            sibling["lfs"] = json!({
                "sha256": hex, "size": file.size, "pointerSize": pointer_size(file),
            });
        }
        sibling
    };
    json!({
        "id": model.id, "modelId": model.id, "sha": model.commit,
        "private": false, "gated": false,
        "siblings": model.files.iter().map(sibling).collect::<Vec<_>>(),
    })
}

/// The files of a model as a plain list.
fn tree(model: &SharedModel) -> Vec<Value> {
    let entry = |file: &SharedFile| {
        let mut entry = json!({
            "type": "file", "path": file.path, "size": file.size, "oid": file.digest.hex(),
        });
        if let Digest::Sha256(hex) = &file.digest {
            entry["lfs"] = json!({
                "oid": hex, "size": file.size, "pointerSize": pointer_size(file),
            });
        }
        entry
    };
    model.files.iter().map(entry).collect()
}

/// The size in bytes of the file that Git stores for a large file: 119 bytes, and a line with
/// the size of the large file.
/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
fn pointer_size(file: &SharedFile) -> usize {
    119 + format!("size {}\n", file.size).len()
}

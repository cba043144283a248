//! The routes of a hub over this machine's cache and the hub behind it, as far as downloads need them: what
//! models there are, what a model has, and its files.
//! <https://huggingface.co/docs/hub/api>

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub::{Digest, HubError, ModelId};
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{ApiError, AppState};
use crate::shared_hub::{SharedFile, SharedModel};

/// Headers that pages of other sites may read, where they are let in.
pub(super) const EXPOSED: [HeaderName; 6] = [
    header::ETAG,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::RETRY_AFTER,
    COMMIT,
    ERROR_CODE,
];
const COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/models", get(models))
        .route("/api/models/{*rest}", get(model))
        .route("/{*rest}", get(file))
        .fallback(|| async { ApiError::no_such_route() })
        .method_not_allowed_fallback(|| async { ApiError::wrong_method() })
}

/// The models that can be had.
async fn models(State(state): State<AppState>) -> Response {
    let hub = state.hub().clone();
    let Ok(mut ids) = tokio::task::spawn_blocking(move || hub.ids()).await else {
        return ApiError::unexpected().into_response();
    };
    if state.hub().fetches() {
        // Others can be had, too; these are asked for by name.
        let offered = state.catalogue.offered().models;
        ids.extend(offered.into_iter().map(|model| model.id.to_string()));
        ids.sort();
        ids.dedup();
    }
    let models = ids.into_iter().map(|id| json!({ "id": id, "modelId": id }));
    axum::Json(models.collect::<Vec<Value>>()).into_response()
}

/// What a model has, or its files as a plain list, which Hugging Face's own client asks for.
async fn model(State(state): State<AppState>, Path(rest): Path<String>) -> Response {
    let as_list = rest.split_once("/tree/");
    let (id, revision) = match as_list.or_else(|| rest.split_once("/revision/")) {
        Some((id, revision)) => (id, revision),
        None => (&*rest, "main"),
    };
    match find(&state, id, revision).await {
        Ok(model) if as_list.is_some() => axum::Json(tree(&model)).into_response(),
        Ok(model) => axum::Json(listing(&model)).into_response(),
        Err(response) => response,
    }
}

/// A file, or the part of it that is asked for.
async fn file(
    State(state): State<AppState>,
    Path(rest): Path<String>,
    request: Request,
) -> Response {
    let parts = rest.split_once("/resolve/");
    let parts = parts.and_then(|(id, rest)| Some((id, rest.split_once('/')?)));
    let Some((id, (revision, path))) = parts else {
        return ApiError::no_such_route().into_response();
    };
    let model = match find(&state, id, revision).await {
        Ok(model) => model,
        Err(response) => return response,
    };
    let Some(file) = model.files.iter().find(|file| file.path == path) else {
        return missing("EntryNotFound", format!("{path} of {id} is not here."));
    };
    let mut response = match &file.place {
        Some(place) => {
            let Ok(response) = ServeFile::new(place).oneshot(request).await;
            response.into_response()
        }
        None => match on_its_way(&state, &model, file, &request) {
            Some(response) => response,
            None => return missing("EntryNotFound", format!("{path} is not here.")),
        },
    };
    if response.status().is_success() {
        describe(response.headers_mut(), &model, file);
    }
    response
}

/// A file that has to come from the hub behind this one.
fn on_its_way(
    state: &AppState,
    model: &SharedModel,
    file: &SharedFile,
    request: &Request,
) -> Option<Response> {
    let asked = request.headers().get(header::RANGE);
    let range =
        asked.map_or(Some(0..file.size), |asked| range(asked.to_str().ok()?, file.size));
    let Some(range) = range else {
        return Some(StatusCode::RANGE_NOT_SATISFIABLE.into_response());
    };
    let length = range.end - range.start;
    let told =
        format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), file.size);
    let body = match *request.method() {
        Method::HEAD => Body::empty(),
        _ => state.hub().relay(model, file)?.body(range),
    };
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, length.into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if asked.is_some() {
        headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&told).ok()?);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Some(response)
}

/// `bytes=START-END`, the end inclusive or left out; nothing else is asked for by those
/// who download.
fn range(text: &str, size: u64) -> Option<std::ops::Range<u64>> {
    let (start, end) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let start: u64 = start.parse().ok()?;
    let end = match end {
        "" => size,
        end => end.parse::<u64>().ok()?.checked_add(1)?.min(size),
    };
    (start < end).then_some(start..end)
}

/// Looks for a model; the answer if there is none.
async fn find(
    state: &AppState,
    id: &str,
    revision: &str,
) -> Result<Arc<SharedModel>, Response> {
    let none = || missing("RepoNotFound", format!("{id} is not here."));
    let id = ModelId::new(id).map_err(|_| none())?;
    let (hub, at) = (state.hub().clone(), revision.to_owned());
    let name = id.clone();
    let looked = tokio::task::spawn_blocking(move || hub.model(&name, &at)).await;
    let Ok(here) = looked else {
        return Err(ApiError::unexpected().into_response());
    };
    // The hub behind this one knows of more files than are here; where it cannot be
    // reached, those do.
    match (state.hub().upstream_model(&id, revision).await, here) {
        (Some(Ok(model)), _) | (_, Some(model)) => Ok(Arc::new(model)),
        (Some(Err(error)), None) => Err(refused(&error)),
        (None, None) => Err(none()),
    }
}

/// What the hub behind this one says.
fn refused(error: &HubError) -> Response {
    let (status, code) = match error {
        HubError::Gated { .. } => (StatusCode::FORBIDDEN, "GatedRepo"),
        HubError::Missing { .. } => (StatusCode::NOT_FOUND, "RevisionNotFound"),
        HubError::Unauthorized { .. } => (StatusCode::NOT_FOUND, "RepoNotFound"),
        _ => (StatusCode::BAD_GATEWAY, "UpstreamUnreachable"),
    };
    let error = ApiError::new(status, error.to_string());
    ([(ERROR_CODE, HeaderValue::from_static(code))], error).into_response()
}

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

/// Bytes of what Git keeps in the place of a large file: 119 that are always so many, and
/// a line with its size.
/// <https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md>
fn pointer_size(file: &SharedFile) -> usize {
    119 + format!("size {}\n", file.size).len()
}

/// What clients of a hub read of a file's head.
fn describe(headers: &mut HeaderMap, model: &SharedModel, file: &SharedFile) {
    let mut put = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    let etag = format!("\"{}\"", file.digest.hex());
    put(COMMIT, model.commit.clone());
    put(LINKED_SIZE, file.size.to_string());
    put(LINKED_ETAG, etag.clone());
    put(header::ETAG, etag);
    // A file of a model is data, whatever its name says.
    put(header::CONTENT_TYPE, "application/octet-stream".into());
    put(header::CACHE_CONTROL, "no-cache".into());
}

fn missing(code: &'static str, message: String) -> Response {
    let error = ApiError::new(StatusCode::NOT_FOUND, message);
    ([(ERROR_CODE, HeaderValue::from_static(code))], error).into_response()
}

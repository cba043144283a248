//! The routes of a hub over this machine's cache and the hub behind it, as far as downloads need them: what
//! models there are, what a model has, and its files.
//! <https://huggingface.co/docs/hub/api>

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hub::{Digest, HubError, ModelId};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::{ApiError, AppState};
use crate::shared_hub::{NotFetched, SharedFile, SharedModel};

/// Headers that pages of other sites may read, where they are let in.
pub(super) const EXPOSED: [HeaderName; 7] = [
    header::ETAG,
    header::CONTENT_RANGE,
    header::ACCEPT_RANGES,
    header::RETRY_AFTER,
    COMMIT,
    ERROR_CODE,
    ERROR_MESSAGE,
];
const COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
const ERROR_CODE: HeaderName = HeaderName::from_static("x-error-code");
const ERROR_MESSAGE: HeaderName = HeaderName::from_static("x-error-message");
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
async fn model(State(state): State<AppState>, uri: Uri) -> Response {
    let rest = uri.path().strip_prefix("/api/models/").unwrap_or_default();
    let as_list = rest.split_once("/tree/").is_some();
    let parts = rest.split_once("/tree/").or_else(|| rest.split_once("/revision/"));
    let (id, revision) = parts.unwrap_or((rest, "main"));
    let (Some(id), Some((revision, _))) = (decoded(id), split_revision(revision)) else {
        return ApiError::no_such_route().into_response();
    };
    match find(&state, &id, &revision).await {
        Ok(model) if as_list => axum::Json(tree(&model)).into_response(),
        Ok(model) => axum::Json(listing(&model)).into_response(),
        Err(response) => response,
    }
}

/// A file, or the part of it that is asked for.
async fn file(State(state): State<AppState>, request: Request) -> Response {
    let parts = request.uri().path().trim_start_matches('/').split_once("/resolve/");
    let parts = parts.and_then(|(id, rest)| Some((decoded(id)?, split_revision(rest)?)));
    let Some((id, (revision, path))) = parts else {
        return ApiError::no_such_route().into_response();
    };
    let model = match find(&state, &id, &revision).await {
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
            Ok(response) => response,
            Err(reason) => return not_fetched(&reason),
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
) -> Result<Response, NotFetched> {
    let asked = request.headers().get(header::RANGE);
    let range =
        asked.map_or(Some(0..file.size), |asked| range(asked.to_str().ok()?, file.size));
    let Some(range) = range else {
        return Ok(StatusCode::RANGE_NOT_SATISFIABLE.into_response());
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
        if let Ok(told) = HeaderValue::from_str(&told) {
            headers.insert(header::CONTENT_RANGE, told);
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    Ok(response)
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
        (Some(Ok(model)), _) => Ok(Arc::new(model)),
        // What the hub does not show everyone is not shown here, either, though this
        // machine may have it.
        (Some(Err(error)), _) if is_refusal(&error) => Err(refused(&error)),
        (_, Some(model)) => Ok(Arc::new(model)),
        (Some(Err(error)), None) => Err(refused(&error)),
        (None, None) => Err(none()),
    }
}

/// Whether the hub says that a model is not for everyone.
fn is_refusal(error: &HubError) -> bool {
    matches!(
        error,
        HubError::Gated { .. } | HubError::Unauthorized { .. } | HubError::Refused { .. }
    )
}

/// What the hub behind this one says.
fn refused(error: &HubError) -> Response {
    let (status, code) = match error {
        HubError::Gated { .. } => (StatusCode::FORBIDDEN, "GatedRepo"),
        HubError::Missing { .. } => (StatusCode::NOT_FOUND, "RevisionNotFound"),
        HubError::Unauthorized { .. } => (StatusCode::NOT_FOUND, "RepoNotFound"),
        HubError::Refused { .. } => (StatusCode::FORBIDDEN, "UpstreamRefused"),
        HubError::RateLimited { .. } => (StatusCode::SERVICE_UNAVAILABLE, "Busy"),
        _ => (StatusCode::BAD_GATEWAY, "UpstreamUnreachable"),
    };
    let wait = match error {
        HubError::RateLimited { seconds, .. } => Some(*seconds),
        _ => None,
    };
    failed(status, code, error.to_string(), wait)
}

/// Why a file is not fetched from there.
fn not_fetched(reason: &NotFetched) -> Response {
    let (status, code, wait) = match reason {
        NotFetched::Busy => (StatusCode::SERVICE_UNAVAILABLE, "Busy", Some(60)),
        NotFetched::Quota => (StatusCode::INSUFFICIENT_STORAGE, "Quota", None),
        NotFetched::NotHere => (StatusCode::NOT_FOUND, "EntryNotFound", None),
    };
    failed(status, code, reason.to_string(), wait)
}

/// An answer as a hub gives it: the reason in headers, too.
fn failed(
    status: StatusCode,
    code: &'static str,
    message: String,
    wait: Option<u64>,
) -> Response {
    let plain: String = message.chars().filter(|c| matches!(c, ' '..='~')).collect();
    let mut response = ApiError::new(status, message).into_response();
    let headers = response.headers_mut();
    headers.insert(ERROR_CODE, HeaderValue::from_static(code));
    if let Ok(message) = HeaderValue::from_str(&plain) {
        headers.insert(ERROR_MESSAGE, message);
    }
    if let Some(seconds) = wait {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// A part of a path as it was before it was encoded.
fn decoded(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    Some(text.trim_matches('/').to_owned())
}

/// The revision at the start of a path, and what follows it. Its slashes are encoded, as
/// in `refs%2Fpr%2F1`, or it begins with `refs/` and has three parts.
fn split_revision(rest: &str) -> Option<(String, String)> {
    let slashes = if rest.starts_with("refs/") { 3 } else { 1 };
    let end = rest.match_indices('/').nth(slashes - 1);
    let (revision, path) = match end {
        Some((at, _)) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    Some((decoded(revision)?, decoded(path)?))
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
    failed(StatusCode::NOT_FOUND, code, message, None)
}

//! The files of a model: from the cache, or while they are downloaded from the upstream hub.

use std::ops::Range;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use super::error::{missing, not_fetched};
use super::lookup::find;
use super::path::{decoded, split_revision};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::shared_hub::{NotFetched, SharedFile, SharedModel};

pub(super) const COMMIT: HeaderName = HeaderName::from_static("x-repo-commit");
const LINKED_SIZE: HeaderName = HeaderName::from_static("x-linked-size");
const LINKED_ETAG: HeaderName = HeaderName::from_static("x-linked-etag");

/// `GET /hub/…/resolve/…`: a file, or the range of it that is asked for.
pub(super) async fn file(State(state): State<AppState>, request: Request) -> Response {
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
        None => match relayed(&state, &model, file, &request) {
            Ok(response) => response,
            Err(reason) => return not_fetched(&reason),
        },
    };
    if response.status().is_success() {
        describe(response.headers_mut(), &model, file);
    }
    response
}

/// A file that is downloaded from the upstream hub.
fn relayed(
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
        _ => state.hub.relay(model, file)?.body(range),
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

/// Reads a range `bytes=START-END`, in which END is inclusive or left out. Clients that
/// download send no other form.
fn range(text: &str, size: u64) -> Option<Range<u64>> {
    let (start, end) = text.trim().strip_prefix("bytes=")?.split_once('-')?;
    let start: u64 = start.parse().ok()?;
    let end = match end {
        "" => size,
        end => end.parse::<u64>().ok()?.checked_add(1)?.min(size),
    };
    (start < end).then_some(start..end)
}

/// Adds the headers that clients of a hub read.
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
    // Always data, whatever the name of the file.
    put(header::CONTENT_TYPE, "application/octet-stream".into());
    put(header::CACHE_CONTROL, "no-cache".into());
}

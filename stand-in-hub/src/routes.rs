//! The stand-in's routes. What the real ones send is documented at
//! <https://huggingface.co/docs/hub/api>; the headers are those that `huggingface_hub`
//! reads.

use std::ops::Range;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;

use crate::body::{Ending, body};
use crate::faults::{Fault, Refusal};
use crate::model::{HubFile, HubModel};
use crate::state::{Entry, State, lock};

type Hub = Shared<Arc<State>>;

pub(crate) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/api/models/{owner}/{name}", get(listing))
        .route("/api/models/{owner}/{name}/revision/{revision}", get(listing_at))
        .route("/api/models/{owner}/{name}/tree/{revision}", get(tree))
        .route("/{owner}/{name}/resolve/{revision}/{*path}", get(resolve))
        .route("/cdn/{digest}", get(large_file))
        .layer(middleware::from_fn_with_state(state.clone(), open_to_pages))
        .with_state(state)
}

/// Pages of any origin may ask, as they may ask the real hub.
async fn open_to_pages(Shared(hub): Hub, request: Request, next: Next) -> Response {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|it| it.to_str().ok()).map(str::to_owned);
    lock(&hub.asked).push((request.uri().path().to_owned(), authorization));
    let mut response = match *request.method() {
        Method::OPTIONS => StatusCode::NO_CONTENT.into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        ("access-control-allow-origin", "*"),
        ("access-control-allow-headers", "authorization, range"),
        (
            "access-control-expose-headers",
            "etag, content-range, accept-ranges, x-repo-commit, x-error-code, retry-after",
        ),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        headers.insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

async fn listing(
    hub: Hub,
    Path((owner, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    listing_at(hub, Path((owner, name, "main".into())), headers).await
}

async fn listing_at(
    Shared(hub): Hub,
    Path((owner, name, revision)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    lock(&hub.log).push(Entry::Listed);
    let model = match hub.find(&owner, &name, &revision, &headers) {
        Ok(model) => model,
        Err(refused) => return *refused,
    };
    let siblings: Vec<_> = model
        .files
        .iter()
        .map(|file| {
            let mut sibling = json!({
                "rfilename": file.path, "size": file.bytes.len(), "blobId": file.digest,
            });
            if file.large {
                sibling["lfs"] = json!({
                    "sha256": file.digest, "size": file.bytes.len(), "pointerSize": 134,
                });
            }
            sibling
        })
        .collect();
    axum::Json(json!({
        "id": model.id, "modelId": model.id, "sha": model.commit, "private": false,
        "gated": if model.gated { json!("auto") } else { json!(false) },
        "siblings": siblings,
    }))
    .into_response()
}

/// The same files as a list, which `huggingface_hub` asks for.
async fn tree(
    Shared(hub): Hub,
    Path((owner, name, revision)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response {
    let model = match hub.find(&owner, &name, &revision, &headers) {
        Ok(model) => model,
        Err(refused) => return *refused,
    };
    let files = model.files.iter().map(|file| {
        let size = file.bytes.len();
        let mut entry =
            json!({"type": "file", "path": file.path, "size": size, "oid": file.digest});
        if file.large {
            entry["lfs"] = json!({"oid": file.digest, "size": size, "pointerSize": 134});
        }
        entry
    });
    axum::Json(files.collect::<Vec<_>>()).into_response()
}

async fn resolve(
    Shared(hub): Hub,
    Path((owner, name, revision, path)): Path<(String, String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let model = match hub.find(&owner, &name, &revision, &headers) {
        Ok(model) => model,
        Err(refused) => return *refused,
    };
    let Some(file) = model.file(&path) else {
        return hub.refused(404, Some("EntryNotFound"), None);
    };
    let etag = format!("\"{}\"", file.digest);
    let mut response = match file.large {
        true => {
            // By another name, as large files are on another host than the real hub.
            let host = hub.endpoint.replace("127.0.0.1", "localhost");
            let place = format!("{host}/cdn/{}", file.digest);
            (StatusCode::FOUND, [(header::LOCATION, place)]).into_response()
        }
        false => hub.send(file, &method, &headers),
    };
    let head = response.headers_mut();
    let mut put = |name: &'static str, value: &str| {
        head.insert(name, value.parse().expect("these are plain texts"));
    };
    put("x-repo-commit", &model.commit);
    put("etag", &etag);
    if file.large {
        put("x-linked-etag", &etag);
        put("x-linked-size", &file.bytes.len().to_string());
    }
    response
}

async fn large_file(
    Shared(hub): Hub,
    Path(digest): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    // A token is for the hub alone, and not for where it redirects to.
    let found = hub.models.iter().flat_map(|m| &m.files).find(|f| f.digest == digest);
    match found {
        Some(file) => hub.send(file, &method, &headers),
        None => hub.refused(404, None, None),
    }
}

impl State {
    fn find(
        &self,
        owner: &str,
        name: &str,
        revision: &str,
        headers: &HeaderMap,
    ) -> Result<&HubModel, Box<Response>> {
        let refuse = |refusal: Refusal| {
            let (status, code) = refusal.status();
            let wait = (refusal == Refusal::TooMany).then_some(3600);
            Err(Box::new(self.refused(status, code, wait)))
        };
        if let Some(refusal) = self.behaviour.refusal {
            return refuse(refusal);
        }
        let id = format!("{owner}/{name}");
        let Some(model) = self.models.iter().find(|model| model.id == id) else {
            return refuse(Refusal::Unknown);
        };
        if model.gated && !headers.contains_key(header::AUTHORIZATION) {
            return refuse(Refusal::Gated);
        }
        match revision == "main" || revision == model.commit {
            true => Ok(model),
            false => refuse(Refusal::Missing),
        }
    }

    fn refused(&self, status: u16, code: Option<&str>, wait: Option<u64>) -> Response {
        lock(&self.log).push(Entry::Refused(status));
        let status = StatusCode::from_u16(status).expect("a status of this file");
        let mut response = (status, "refused").into_response();
        let headers = response.headers_mut();
        if let Some(code) = code {
            headers.insert("x-error-code", code.parse().expect("a plain text"));
        }
        if let Some(wait) = wait {
            headers.insert(header::RETRY_AFTER, wait.into());
        }
        response
    }

    fn send(&self, file: &HubFile, method: &Method, headers: &HeaderMap) -> Response {
        let size = file.bytes.len() as u64;
        let asked = headers.get(header::RANGE).and_then(|range| range.to_str().ok());
        let asked = asked.filter(|_| !self.behaviour.no_ranges);
        let range = asked.and_then(|range| read_range(range, size)).unwrap_or(0..size);
        if *method == Method::HEAD {
            return ([(header::CONTENT_LENGTH, size)], Body::empty()).into_response();
        }
        let length = range.end - range.start;
        let fault = self.behaviour.fault(&mut lock(&self.random), length);
        let (mut range, mut sent, mut stalls) = (range, length, false);
        match fault {
            Some(Fault::Status(status, wait)) => return self.refused(status, None, wait),
            Some(Fault::Cut(after)) => sent = after,
            Some(Fault::Stall(after)) => (sent, stalls) = (after, true),
            Some(Fault::Shifted) if asked.is_some() && range.start > 0 => {
                // The client sees this by the head and takes none of the body.
                range = range.start - 1..range.end - 1;
                sent = 0;
            }
            Some(Fault::Shifted) | None => {}
        }
        let bytes = self.bytes(file, &range, sent);
        let digest = file.digest.clone();
        let log = Entry::Sent { digest, range: range.start..range.start + sent };
        lock(&self.log).push(log);
        let ending = match (sent < length, stalls) {
            (false, _) => Ending::Well,
            (true, false) => Ending::Cut,
            (true, true) => Ending::Stall,
        };
        let body = body(bytes, ending, self.behaviour.pause);
        let mut response = Response::new(body);
        if asked.is_some() {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let told = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let told = told.parse().expect("a plain text");
            response.headers_mut().insert(header::CONTENT_RANGE, told);
        }
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
        response
    }

    fn bytes(&self, file: &HubFile, range: &Range<u64>, sent: u64) -> Bytes {
        let (start, end) = (range.start as usize, (range.start + sent) as usize);
        let mut bytes = file.bytes[start..end].to_vec();
        let wrong = self.behaviour.wrong_file.as_ref() == Some(&file.path);
        let middle = file.bytes.len() / 2;
        if wrong && (start..end).contains(&middle) {
            bytes[middle - start] ^= 1;
        }
        bytes.into()
    }
}

/// `bytes=START-END`, the end inclusive or left out.
fn read_range(text: &str, size: u64) -> Option<Range<u64>> {
    let (start, end) = text.strip_prefix("bytes=")?.split_once('-')?;
    let start: u64 = start.parse().ok()?;
    let end = match end {
        "" => size,
        end => end.parse::<u64>().ok()? + 1,
    };
    (start < end && start < size).then(|| start..end.min(size))
}

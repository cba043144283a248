//! Hubs that are not as they should be: a few lines each, told by what is asked of them.

use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hub::{
    Access, Backoff, Catalogue, Credential, Endpoint, HubError, Preference, Reference,
};
use native_server::{FetchedModel, HubSettings, fetch_model};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

use crate::support::Hurried;

/// A path with its query, and the `Authorization` that came along.
type Asked = (String, Option<String>);

/// A hub that answers as a function says.
pub(crate) struct OddHub {
    pub(crate) endpoint: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    server: tokio::task::JoinHandle<()>,
}

impl OddHub {
    pub(crate) async fn start(
        answer: impl Fn(&str, &HeaderMap) -> Response + Clone + Send + Sync + 'static,
    ) -> OddHub {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        let router = Router::new().fallback(move |request: Request| {
            let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
            let sent = request.headers().get(header::AUTHORIZATION);
            let sent = sent.map(|value| value.to_str().unwrap().to_owned());
            log.lock().unwrap().push((path.to_owned(), sent));
            let response = answer(path, request.headers());
            async move { response }
        });
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        OddHub { endpoint, asked, server }
    }

    /// What was asked for so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

impl Drop for OddHub {
    fn drop(&mut self) {
        self.server.abort();
    }
}

pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// The SHA-256 of some bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A listing with large files of these contents.
pub(crate) fn listing(id: &str, files: &[(&str, &[u8])]) -> Response {
    let siblings: Vec<_> = files
        .iter()
        .map(|(path, bytes)| {
            serde_json::json!({ "rfilename": path, "lfs": {
                "sha256": sha256(bytes), "size": bytes.len(), "pointerSize": 130,
            }})
        })
        .collect();
    let json = serde_json::json!({ "id": id, "sha": COMMIT, "siblings": siblings });
    axum::Json(json).into_response()
}

/// A file, or the part of it that is asked for.
pub(crate) fn file(bytes: &[u8], headers: &HeaderMap) -> Response {
    let range = headers.get(header::RANGE).and_then(|range| {
        let (start, end) =
            range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-')?;
        let end = end.parse::<usize>().ok()?.min(bytes.len().saturating_sub(1));
        Some((start.parse::<usize>().ok()?, end))
    });
    match range {
        Some((start, end)) => {
            let told = format!("bytes {start}-{end}/{}", bytes.len());
            let part = bytes[start..=end].to_vec();
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, told)], part)
                .into_response()
        }
        None => bytes.to_vec().into_response(),
    }
}

/// An answer with a status and headers.
pub(crate) fn status(code: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = Response::builder().status(code);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Body::from(body.to_owned())).unwrap()
}

/// A redirect.
pub(crate) fn moved(to: &str) -> Response {
    status(307, &[("location", to)], "")
}

/// How a hub is used, with a token for it.
pub(crate) fn settings(endpoint: &str, cache: &Path) -> HubSettings {
    let endpoint = Endpoint::new(endpoint).unwrap();
    let credential = Credential::new(&endpoint, "hf_secret");
    let backoff = Backoff { attempts: 3, ..Backoff::default() };
    let access = Access { endpoint, credential, backoff };
    HubSettings { access, cache: Some(cache.into()), offline: false }
}

/// Downloads what a name means.
pub(crate) async fn fetch(
    endpoint: &str,
    cache: &Path,
    name: &str,
) -> Result<FetchedModel, HubError> {
    let settings = settings(endpoint, cache);
    let reference = Reference::parse(name, &settings.access.endpoint)?;
    let (transport, none) = (Hurried::new(), Catalogue::default());
    let preference = Preference::Compact;
    fetch_model(&transport, &settings, &none, &reference, preference, &|_, _| ()).await
}

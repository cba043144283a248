//! The files of the site: the page with its content security policy, and all others.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::headers::policy;
use super::state::AppState;
use super::token;
use crate::embedded;

/// Browsers ask again at every visit; the answer is short if nothing has changed.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");
/// Browsers never ask again: other contents have another name.
const FOR_EVER: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<title>Next-Token Visualizer: not built yet</title>
<h1>The page has not been built yet</h1>
<p>The server is running, but there is no site in its folder. Run
<code>cargo xtask serve</code> in the project's folder: it builds the page, then serves it.
To serve a site that lies elsewhere, name its folder with <code>--dist</code>.</p>
";

/// The page. It is read each time, so that it and its policy are those of the last build.
pub(crate) async fn page(State(state): State<AppState>, request: Request) -> Response {
    if let Some(token) = &state.access.token
        && let Some(response) = token::sign_in(token, request.uri())
    {
        return response;
    }
    let folder = tokio::fs::read_to_string(state.dist.join("index.html")).await;
    let html = folder.or_else(|error| {
        // The folder takes precedence over the site that was built into this program.
        let html =
            embedded::file("index.html").and_then(|html| str::from_utf8(html).ok());
        html.map(str::to_owned).ok_or(error)
    });
    match html {
        Ok(html) => {
            let policy = policy(&html);
            let headers = [
                (header::CONTENT_SECURITY_POLICY, policy),
                (header::CACHE_CONTROL, REVALIDATE),
            ];
            (headers, Html(html)).into_response()
        }
        Err(error) => {
            tracing::warn!("{} cannot be read: {error}", state.dist.display());
            (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response()
        }
    }
}

/// Any other file of the site.
pub(crate) async fn file(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if embedded::is_built_in() && !state.dist.join("index.html").is_file() {
        return embedded_file(&path, request.method());
    }
    let files = ServeDir::new(&state.dist).append_index_html_on_directories(false);
    let Ok(response) = files.oneshot(request).await;
    let mut response = response.into_response();
    match response.status() {
        StatusCode::NOT_FOUND => {
            (StatusCode::NOT_FOUND, "There is no such file here.\n").into_response()
        }
        status => {
            if status.is_success() || status == StatusCode::NOT_MODIFIED {
                let keep = if is_hashed(&path) { FOR_EVER } else { REVALIDATE };
                response.headers_mut().insert(header::CACHE_CONTROL, keep);
            }
            response
        }
    }
}

/// A file of the site that was built into this program.
fn embedded_file(path: &str, method: &Method) -> Response {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let name = path.trim_start_matches('/');
    let Some(bytes) = embedded::file(name) else {
        return (StatusCode::NOT_FOUND, "There is no such file here.\n").into_response();
    };
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = HeaderValue::from_str(kind.as_ref())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let keep = if is_hashed(path) { FOR_EVER } else { REVALIDATE };
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, keep)], bytes).into_response()
}

/// Whether the build has put a hash of the content into the file's name, as in
/// `app-7101681c6c1dfd69_bg.wasm`, or into that of its folder.
fn is_hashed(path: &str) -> bool {
    path.split('/').any(|name| {
        let Some((_, rest)) = name.rsplit_once('-') else { return false };
        let hash = rest.split(['.', '_']).next().unwrap_or_default();
        (12..=16).contains(&hash.len()) && hash.bytes().all(|b| b.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_kept_for_ever() {
        for path in [
            "/app-7101681c6c1dfd69_bg.wasm",
            "/a/base-9fdd9f4fd451f421.css",
            "/worker-0123456789abcdef/worker_bg.wasm",
        ] {
            assert!(is_hashed(path), "{path}");
        }
        for path in ["/", "/worker.js", "/worker_bg.wasm", "/demo-model/config.json"] {
            assert!(!is_hashed(path), "{path}");
        }
    }
}

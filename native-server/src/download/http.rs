//! HTTP for downloads, with the clock and the randomness that they need.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use hub::{Body, FileRequest, FileResponse, Origin, RequestFault, Transport};
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

use super::gzip::Gunzip;

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
/// The redirects of a request, at most.
const MAX_REDIRECTS: usize = 10;
/// Headers that a hub sends with a redirect, about the file that it leads to.
const HUB_HEADERS: [&str; 3] = ["x-linked-size", "x-linked-etag", "x-repo-commit"];

/// HTTP with the system's certificates and proxies.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    started: Instant,
}

/// Why the network cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("The network cannot be used: {0}.")]
pub struct TransportError(String);

/// The body of an answer.
#[derive(Debug)]
pub struct HttpBody {
    response: Response,
    gunzip: Option<Gunzip>,
}

impl HttpTransport {
    /// A transport, which sends nothing yet.
    ///
    /// # Errors
    /// If the system's certificates or proxies cannot be read.
    pub fn new() -> Result<HttpTransport, TransportError> {
        // This fails if a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("next-token-visualizer/", env!("CARGO_PKG_VERSION")))
            // They are followed here, so that each target gets only what it may be sent.
            .redirect(Policy::none())
            .build()
            .map_err(|error| TransportError(innermost_reason(&error)))?;
        Ok(HttpTransport { client, started: Instant::now() })
    }

    /// Sends one request. The answer may be a redirect.
    async fn ask(
        &self,
        question: &FileRequest,
        url: &Url,
    ) -> Result<Response, RequestFault> {
        // Hashes and ranges are of the bytes without encoding.
        let mut request =
            self.client.get(url.clone()).header(header::ACCEPT_ENCODING, "identity");
        if let Some(range) = &question.range {
            let wanted = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
            request = request.header(header::RANGE, wanted);
        }
        if let Some(secret) = question.secret(url.as_str()) {
            let value = HeaderValue::from_str(&secret.bearer());
            let mut value =
                value.map_err(|error| RequestFault::Unreachable(error.to_string()))?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        request.send().await.map_err(|error| fault(&error))
    }
}

impl Transport for HttpTransport {
    type Body = HttpBody;

    async fn get(
        &self,
        question: &FileRequest,
    ) -> Result<FileResponse<HttpBody>, RequestFault> {
        let mut url = Url::parse(&question.url)
            .map_err(|error| RequestFault::Unreachable(error.to_string()))?;
        let mut hub_headers = HeaderMap::new();
        for _ in 0..=MAX_REDIRECTS {
            let response = self.ask(question, &url).await?;
            for name in HUB_HEADERS {
                if let Some(value) = response.headers().get(name) {
                    hub_headers.entry(name).or_insert(value.clone());
                }
            }
            match redirect_target(&response, &url)? {
                Some(next) => url = next,
                None => return Ok(answer(response, &hub_headers)),
            }
        }
        Err(RequestFault::Redirect("itself, again and again".into()))
    }

    async fn sleep(&self, ms: f64) {
        tokio::time::sleep(Duration::from_secs_f64(ms.max(0.0) / 1000.0)).await;
    }

    fn now_ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1000.0
    }

    fn random(&self) -> f64 {
        // The standard library's own source of randomness spreads waits well enough.
        RandomState::new().hash_one(()) as f64 / u64::MAX as f64
    }
}

/// The address that an answer redirects to, if it does.
fn redirect_target(response: &Response, from: &Url) -> Result<Option<Url>, RequestFault> {
    let moves = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    match response.headers().get(header::LOCATION).filter(|_| moves) {
        Some(place) => follow(from, place.to_str().unwrap_or_default()).map(Some),
        None => Ok(None),
    }
}

/// The address that a redirect leads to. A redirect from https to http is refused, except to
/// addresses that are private: others could change what is sent in clear text.
fn follow(from: &Url, place: &str) -> Result<Url, RequestFault> {
    let refuse = |why: String| Err(RequestFault::Redirect(why));
    let Some(to) = from.join(place).ok().filter(|_| !place.is_empty()) else {
        return refuse("what is no address".into());
    };
    let host = to.host_str().unwrap_or_default();
    match Origin::of(to.as_str()) {
        None => {
            refuse(format!("an address that is not followed, {}://{host}", to.scheme()))
        }
        Some(origin) if from.scheme() == "https" && !origin.is_private() => {
            refuse(format!("{host} without encryption, by http"))
        }
        Some(_) => Ok(to),
    }
}

fn answer(response: Response, hub_headers: &HeaderMap) -> FileResponse<HttpBody> {
    let status = response.status().as_u16();
    let text = |name: &str| {
        let value = hub_headers.get(name).or_else(|| response.headers().get(name))?;
        value.to_str().ok().map(str::to_owned)
    };
    // Some servers encode without being asked to. A range of encoded bytes is of no use.
    let encoding = text("content-encoding").unwrap_or_default().to_ascii_lowercase();
    let is_gzip = status == 200 && matches!(encoding.trim(), "gzip" | "x-gzip");
    let header = |name: &str| match name {
        "content-encoding" | "content-length" if is_gzip => None,
        name => text(name),
    };
    let url = response.url().to_string();
    let head = FileResponse::read(status, &url, header, ());
    let gunzip = is_gzip.then(Gunzip::default);
    head.with_body(HttpBody { response, gunzip })
}

impl Body for HttpBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, RequestFault> {
        let part = self.response.chunk().await.map_err(|error| fault(&error))?;
        match (&mut self.gunzip, part) {
            (None, part) => Ok(part.map(Into::into)),
            (Some(gunzip), Some(part)) => gunzip.add(&part).map(Some),
            (Some(gunzip), None) => gunzip.end(),
        }
    }
}

fn fault(error: &reqwest::Error) -> RequestFault {
    match error.is_connect() || error.is_builder() || error.is_redirect() {
        true => RequestFault::Unreachable(innermost_reason(error)),
        false => RequestFault::Cut,
    }
}

/// The innermost reason, which names what a person can change.
fn innermost_reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn followed(from: &str, place: &str) -> Result<String, RequestFault> {
        follow(&Url::parse(from).unwrap(), place).map(String::from)
    }

    #[test]
    fn redirects_stay_encrypted_and_on_the_web() {
        let hub = "https://hub.example/o/n/resolve/main/x";
        for (place, to) in [
            ("https://cdn.example/x?sig=1", "https://cdn.example/x?sig=1"),
            ("/new/n/resolve/main/x", "https://hub.example/new/n/resolve/main/x"),
            ("//cdn.example/x", "https://cdn.example/x"),
            ("http://localhost:5005/x", "http://localhost:5005/x"),
        ] {
            assert_eq!(followed(hub, place).as_deref(), Ok(to));
        }
        for place in [
            "http://hub.example/x",
            "http://cdn.example/x",
            "file:///etc/passwd",
            "ftp://hub.example/x",
            "data:text/plain,x",
            "https://user:password@hub.example/x",
            "https://",
            "",
        ] {
            assert!(
                matches!(followed(hub, place), Err(RequestFault::Redirect(_))),
                "{place}"
            );
        }
        assert!(followed("http://hub.example/x", "http://cdn.example/x").is_ok());
    }
}

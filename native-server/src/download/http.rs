//! The network and the clock of the native server.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use hub::{Answer, Body, Fault, Question, Transport};
use reqwest::{Client, Response, header};

/// No connection comes about in less time if it ever does.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// HTTP with the system's certificates and proxies.
#[derive(Debug)]
pub struct HttpTransport {
    client: Client,
    started: Instant,
}

/// Why there is no network at all.
#[derive(Debug, thiserror::Error)]
#[error("The network cannot be used: {0}.")]
pub struct TransportError(String);

/// The bytes of an answer.
#[derive(Debug)]
pub struct HttpBody(Response);

impl HttpTransport {
    /// Gets ready; nothing is asked yet.
    ///
    /// # Errors
    /// If the system's certificates or proxies cannot be read.
    pub fn new() -> Result<HttpTransport, TransportError> {
        // It fails if one is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("next-token-visualizer/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| TransportError(words(&error)))?;
        Ok(HttpTransport { client, started: Instant::now() })
    }
}

impl Transport for HttpTransport {
    type Body = HttpBody;

    async fn get(&self, question: &Question) -> Result<Answer<HttpBody>, Fault> {
        // Hashes are of the bytes as they are: no encoding on the way.
        let mut request =
            self.client.get(&question.url).header(header::ACCEPT_ENCODING, "identity");
        if let Some(range) = &question.range {
            let wanted = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
            request = request.header(header::RANGE, wanted);
        }
        if let Some(secret) = question.secret(&question.url) {
            request = request.header(header::AUTHORIZATION, secret.bearer());
        }
        let answer = request.send().await.map_err(|error| fault(&error))?;
        let text =
            |name: &str| answer.headers().get(name)?.to_str().ok().map(str::to_owned);
        Ok(Answer {
            status: answer.status().as_u16(),
            content_range: text("content-range"),
            retry_after: text("retry-after"),
            error_code: text("x-error-code"),
            body: HttpBody(answer),
        })
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

impl Body for HttpBody {
    async fn next(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        let part = self.0.chunk().await.map_err(|error| fault(&error))?;
        Ok(part.map(Into::into))
    }
}

fn fault(error: &reqwest::Error) -> Fault {
    match error.is_connect() || error.is_builder() || error.is_redirect() {
        true => Fault::Unreachable(words(error)),
        false => Fault::Cut,
    }
}

/// The innermost reason, which is what a person can do something about.
fn words(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

//! Questions over HTTP: bounded in time and size, without redirects.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{self, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::settings::Key;
use crate::{Address, AnswerError, UpstreamError};

/// How long a connection may take to open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes of an answer, at most: the whole distribution of a million tokens.
const MAX_BYTES: usize = 64 << 20;
/// Characters of an engine's own words that are told.
const MAX_MESSAGE: usize = 200;

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Call {
    /// The route, with a slash before it.
    pub(crate) route: &'static str,
    /// What is posted; none to get.
    pub(crate) body: Option<Value>,
}

impl Call {
    pub(crate) fn get(route: &'static str) -> Call {
        Call { route, body: None }
    }

    pub(crate) fn post(route: &'static str, body: Value) -> Call {
        Call { route, body: Some(body) }
    }
}

/// Sends requests.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    key: Option<Key>,
    patience: Duration,
}

impl Http {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// If the system's certificates or proxies cannot be read.
    pub(crate) fn new(
        key: Option<Key>,
        patience: Duration,
    ) -> Result<Http, UpstreamError> {
        // This fails if a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT.min(patience))
            .user_agent(concat!("next-token-visualizer/", env!("CARGO_PKG_VERSION")))
            // A key and a text go to the address that a person wrote, and nowhere else.
            .redirect(Policy::none())
            .tcp_nodelay(true)
            .build()
            .map_err(|error| UpstreamError::NoNetwork(innermost_reason(&error)))?;
        Ok(Http { client, key, patience })
    }

    /// Sends one request, and reads its answer to the end.
    ///
    /// # Errors
    /// If there is none in time, or one without success.
    pub(crate) async fn send(
        &self,
        address: &Address,
        call: &Call,
    ) -> Result<Vec<u8>, UpstreamError> {
        let at = address.to_string();
        match tokio::time::timeout(self.patience, self.exchange(address, call)).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(UpstreamError::TooSlow { at, seconds: self.patience.as_secs() })
            }
        }
    }

    async fn exchange(
        &self,
        address: &Address,
        call: &Call,
    ) -> Result<Vec<u8>, UpstreamError> {
        let at = || address.to_string();
        let method = if call.body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, address.route(call.route));
        if let Some(body) = &call.body {
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        if let Some(key) = &self.key
            && let Ok(mut value) = HeaderValue::from_str(&key.bearer())
        {
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let response = request.send().await;
        let mut response = response.map_err(|error| fault(at(), &error))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        while let Some(part) =
            response.chunk().await.map_err(|error| fault(at(), &error))?
        {
            if bytes.len() + part.len() > MAX_BYTES {
                let error =
                    AnswerError::Damaged(format!("it is longer than {MAX_BYTES} bytes"));
                return Err(UpstreamError::Answer { at: at(), error });
            }
            bytes.extend_from_slice(&part);
        }
        match status {
            200..=299 => Ok(bytes),
            300..=399 => Err(UpstreamError::Redirects { at: at() }),
            401 | 403 => Err(UpstreamError::Forbidden { at: at(), status }),
            408 | 425 | 429 | 500..=599 => Err(UpstreamError::Busy { at: at(), status }),
            _ => Err(UpstreamError::Refused { at: at(), status, message: words(&bytes) }),
        }
    }
}

/// What an engine says about a refusal, within bounds and on one line.
fn words(bytes: &[u8]) -> String {
    let json: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let told =
        [&json["error"]["message"], &json["message"], &json["detail"], &json["error"]];
    let told = told.into_iter().find_map(Value::as_str);
    let text =
        told.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), str::to_owned);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_MESSAGE).collect()
}

fn fault(at: String, error: &reqwest::Error) -> UpstreamError {
    match error.is_body() || error.is_decode() {
        true => {
            let error = AnswerError::Damaged("the connection broke".into());
            UpstreamError::Answer { at, error }
        }
        false => UpstreamError::Unreachable { at, reason: innermost_reason(error) },
    }
}

/// The innermost reason, which names what a person can change.
fn innermost_reason(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engines_words_are_told_on_one_line_and_within_bounds() {
        assert_eq!(
            words(br#"{"error": {"message": "no\n such  thing"}}"#),
            "no such thing"
        );
        assert_eq!(words(br#"{"message": "too many", "code": 400}"#), "too many");
        assert_eq!(words(br#"{"error": "plain"}"#), "plain");
        assert_eq!(words(b"<p>nginx</p>"), "<p>nginx</p>");
        assert_eq!(words(&[b'x'; 1000]).len(), MAX_MESSAGE);
    }
}

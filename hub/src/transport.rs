//! What the download needs of the network and the clock.

use std::future::Future;
use std::ops::Range;

use crate::{Credential, Fault, Secret};

/// The network and the clock of a platform.
pub trait Transport {
    /// The answer's bytes as they come.
    type Body: Body;

    /// Asks; redirects are followed. A status other than 200 and 206 is an answer too.
    fn get(
        &self,
        question: &Question,
    ) -> impl Future<Output = Result<Answer<Self::Body>, Fault>>;

    /// Waits, in milliseconds.
    fn sleep(&self, ms: f64) -> impl Future<Output = ()>;

    /// Milliseconds since any fixed moment; never goes back.
    fn now_ms(&self) -> f64;

    /// Evenly from 0 to 1.
    fn random(&self) -> f64;
}

/// The bytes of an answer. Dropping it ends the connection.
pub trait Body {
    /// The next bytes; none at the end. A body that ends before its announced length may
    /// be a fault or an end: the length is checked by whoever reads.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, Fault>>;
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// The address.
    pub url: String,
    /// The bytes that are wanted; all if none.
    pub range: Option<Range<u64>>,
    /// The access token, if there is one. It says itself where it may go: see
    /// [`secret`](Self::secret).
    pub credential: Option<Credential>,
}

impl Question {
    /// What to send as `Authorization` to `url`, which is the question's own address or
    /// one that it was redirected to.
    pub fn secret(&self, url: &str) -> Option<&Secret> {
        self.credential.as_ref()?.for_request(url)
    }
}

/// The head of an answer, and its body.
#[derive(Debug)]
pub struct Answer<B> {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Range`, where it is sent and may be read.
    pub content_range: Option<String>,
    /// `Retry-After`.
    pub retry_after: Option<String>,
    /// `X-Error-Code`.
    pub error_code: Option<String>,
    /// The bytes.
    pub body: B,
}

impl<B> Answer<B> {
    /// Whether the answer is a success; what it is otherwise.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match self.status {
            200 | 206 => Ok(()),
            code => Err(Fault::Status {
                code,
                // It may also be a date, for which one's own wait is good enough.
                retry_after: self
                    .retry_after
                    .as_deref()
                    .and_then(|text| text.trim().parse().ok()),
                error_code: self.error_code.clone(),
            }),
        }
    }

    /// Where the body begins in the file, as far as it says.
    pub(crate) fn start(&self) -> Option<u64> {
        let range = self.content_range.as_deref()?.trim().strip_prefix("bytes ")?;
        range.split_once('-')?.0.trim().parse().ok()
    }
}

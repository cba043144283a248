//! What the download needs of the network and the clock.

use std::future::Future;
use std::ops::Range;

use crate::validators::bare_etag;
use crate::{Credential, Origin, Refusal, RequestFault, Secret, Validators};

/// The network and the clock of a platform.
pub trait Transport {
    /// The bytes of a response as they come.
    type Body: Body;

    /// Makes a request with GET. Redirects are followed, each with the token that
    /// [`FileRequest::secret`] gives for its own address, and never from https to http. A
    /// response with another status than 200 and 206 is no fault.
    fn get(
        &self,
        request: &FileRequest,
    ) -> impl Future<Output = Result<FileResponse<Self::Body>, RequestFault>>;

    /// Waits for so many milliseconds.
    fn sleep(&self, ms: f64) -> impl Future<Output = ()>;

    /// Milliseconds since any fixed moment. Never goes back.
    fn now_ms(&self) -> f64;

    /// A random number, evenly distributed from 0 to 1.
    fn random(&self) -> f64;
}

/// The bytes of a response. Dropping it ends the connection.
pub trait Body {
    /// The next bytes; none at the end. Whoever reads checks the length: a body that ends too
    /// early may end with a fault or like a whole one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RequestFault>>;
}

/// A request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRequest {
    /// The address.
    pub url: String,
    /// The part of the file to ask for, in bytes; all of it if none.
    pub range: Option<Range<u64>>,
    /// The access token, if there is one, which says itself where it may go: see
    /// [`secret`](Self::secret).
    pub credential: Option<Credential>,
}

impl FileRequest {
    /// What to send as `Authorization` to `url`, which is the request's own address or
    /// one that it was redirected to.
    pub fn secret(&self, url: &str) -> Option<&Secret> {
        self.credential.as_ref()?.for_request(url)
    }
}

/// A response: what its head says, and its body.
#[derive(Debug)]
pub struct FileResponse<B> {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Range`, where it is sent and may be read.
    pub content_range: Option<String>,
    /// Whether the bytes come in an encoding that was not asked for and that the transport
    /// has not undone.
    pub encoded: bool,
    /// What the answer is, if it is not a success.
    pub refusal: Refusal,
    /// What it says of the file that was asked for.
    pub file: FileHeaders,
    /// The bytes.
    pub body: B,
}

/// What the answer to a request for a file says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHeaders {
    /// `X-Linked-Size` or, where the whole file comes, `Content-Length`; in bytes.
    pub size: Option<u64>,
    /// `X-Linked-ETag` or `ETag`, without quotes.
    pub etag: Option<String>,
    /// `Last-Modified`.
    pub modified: Option<String>,
    /// The length of the body, where it is a part of the file; in bytes.
    pub part: Option<u64>,
    /// `X-Repo-Commit`.
    pub commit: Option<String>,
    /// Whether a web page comes in place of a file.
    pub is_page: bool,
}

impl<B> FileResponse<B> {
    /// Reads the head of an answer that came from `url`, after redirects. `header` gives
    /// its headers by their names in lower case; those of a hub that redirects to another
    /// host come first. What comes from outside is cut to a line.
    pub fn read(
        status: u16,
        url: &str,
        header: impl Fn(&str) -> Option<String>,
        body: B,
    ) -> FileResponse<B> {
        let number = |name: &str| header(name).and_then(|text| text.trim().parse().ok());
        let length_if =
            |expected| number("content-length").filter(|_| status == expected);
        let encoding = header("content-encoding").unwrap_or_default();
        let kind = header("content-type").unwrap_or_default();
        let etag = header("x-linked-etag").or_else(|| header("etag"));
        let refusal = Refusal {
            status,
            // It may also be a date, for which one's own wait is good enough.
            retry_after: number("retry-after"),
            error_code: header("x-error-code"),
            message: header("x-error-message").and_then(|text| line(&text)),
            host: Origin::of(url).map(|origin| origin.host()),
        };
        FileResponse {
            status,
            content_range: header("content-range"),
            encoded: !matches!(encoding.trim(), "" | "identity"),
            refusal,
            file: FileHeaders {
                size: number("x-linked-size").or_else(|| length_if(200)),
                etag: etag.map(|etag| bare_etag(&etag).to_owned()),
                modified: header("last-modified"),
                part: length_if(206),
                commit: header("x-repo-commit"),
                is_page: kind.trim_start().to_ascii_lowercase().starts_with("text/html"),
            },
            body,
        }
    }

    /// The same with another body.
    pub fn with_body<C>(self, body: C) -> FileResponse<C> {
        let FileResponse { status, content_range, encoded, refusal, file, .. } = self;
        FileResponse { status, content_range, encoded, refusal, file, body }
    }

    /// Whether the answer is a success; what it is otherwise.
    pub(crate) fn check(&self) -> Result<(), RequestFault> {
        match self.status {
            200 | 206 => Ok(()),
            _ => Err(RequestFault::Status(self.refusal.clone())),
        }
    }

    /// Where the body begins in the file, as far as it says.
    pub(crate) fn start(&self) -> Option<u64> {
        let range = self.content_range.as_deref()?.trim().strip_prefix("bytes ")?;
        range.split_once('-')?.0.trim().parse().ok()
    }

    /// The size of the whole file, if the response says it.
    pub(crate) fn size(&self) -> Option<u64> {
        let range = self.content_range.as_deref();
        let total = range.and_then(|range| range.rsplit_once('/')?.1.trim().parse().ok());
        self.file.size.or(total)
    }

    /// What the response says of the file, to be compared with other responses. The body begins
    /// at `start` in the file and goes to its end.
    pub fn validators(&self, start: u64) -> Validators {
        let FileHeaders { etag, modified, part, .. } = &self.file;
        let of_part = part.and_then(|length| start.checked_add(length));
        Validators {
            etag: etag.clone(),
            modified: modified.clone(),
            length: self.size().or(of_part).map(|length| length.to_string()),
        }
    }
}

/// What can be repeated to a person of a text from outside; none if that is nothing.
pub(crate) fn line(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(300).collect();
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

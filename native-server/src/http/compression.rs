//! Smaller answers for other machines: the page's WebAssembly is a fifth of its size with brotli.
//! For this machine, nothing is as quick as the bytes themselves.

use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::compression::{CompressionLayer, DefaultPredicate};

use super::guard;

/// Bytes below which a packet is sent anyway.
const WORTH_IT: u64 = 1024;

/// Compresses answers with what the client takes, but for streams of events, pictures and
/// weights, which are as dense as they get.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let weights = NotForContentType::const_new("application/octet-stream");
    let when = DefaultPredicate::new().and(SizeAbove::new(WORTH_IT)).and(weights);
    CompressionLayer::new().gzip(true).br(true).zstd(true).compress_when(when)
}

/// Keeps what goes to this machine as it is.
pub(crate) async fn only_for_others(mut request: Request, next: Next) -> Response {
    if guard::is_for_this_machine(&request) {
        request.headers_mut().remove(header::ACCEPT_ENCODING);
    }
    next.run(request).await
}

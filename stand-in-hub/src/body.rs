//! Bodies that are sent in pieces, and may end in the middle.

use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream;

/// Bytes that are sent at once.
const PIECE_BYTES: usize = 64 << 10;
/// Longer than any client of a test waits.
const STALL: Duration = Duration::from_secs(3);

/// How a body ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Complete.
    Well,
    /// Early, as the connection is cut.
    Cut,
    /// The same after a long pause.
    Stall,
}

/// A body of some bytes, in pieces with pauses between them.
pub(crate) fn body(bytes: Bytes, ending: Ending, pause: Option<Duration>) -> Body {
    if ending == Ending::Well && pause.is_none() {
        return Body::from(bytes);
    }
    let pieces = stream::unfold((bytes, true), move |(mut bytes, first)| async move {
        if let Some(pause) = pause.filter(|_| !first) {
            tokio::time::sleep(pause).await;
        }
        if bytes.is_empty() {
            if ending == Ending::Stall {
                tokio::time::sleep(STALL).await;
            }
            // An error in a body ends its connection in the middle.
            let cut = std::io::Error::other("cut by the schedule");
            return (ending != Ending::Well).then_some((Err(cut), (bytes, false)));
        }
        let piece = bytes.split_to(bytes.len().min(PIECE_BYTES));
        Some((Ok::<_, std::io::Error>(piece), (bytes, false)))
    });
    Body::from_stream(pieces)
}

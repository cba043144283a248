//! How much one request may ask for.

use std::time::Duration;

use protocol::limits;

/// Bytes of a message or body, at most: the longest text, half of it escaped.
pub(crate) const MAX_MESSAGE_BYTES: usize = limits::MAX_TEXT_BYTES * 3 / 2 + (64 << 10);

/// The bounds of requests over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long a request may take, waiting included.
    pub request_time: Duration,
    /// How many tokens a completion may have.
    pub max_tokens: u32,
    /// Connections at the same time; more wait.
    pub connections: usize,
    /// Connections of pages among them; more are refused.
    pub sockets: usize,
    /// How long the head of a request may take to arrive, and a connection may be kept
    /// without one.
    pub head_time: Duration,
    /// How long a body may take to arrive.
    pub body_time: Duration,
    /// How long a write may make no progress before its connection ends: the client does
    /// not read. Connections without a pending write are not concerned.
    pub write_time: Duration,
    /// Between two questions whether a page is still there.
    pub ping_every: Duration,
    /// How long a page may say nothing, not even to that, before it counts as gone.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            request_time: Duration::from_secs(600),
            max_tokens: 4096,
            connections: 4096,
            sockets: 512,
            head_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(60),
            ping_every: Duration::from_secs(20),
            silence: Duration::from_secs(60),
        }
    }
}

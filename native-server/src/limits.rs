//! The limits of requests and connections.

use std::time::Duration;

use protocol::limits;

/// Bytes of a message or body, at most: the longest text, half of it escaped.
pub(crate) const MAX_MESSAGE_BYTES: usize = limits::MAX_TEXT_BYTES * 3 / 2 + (64 << 10);

/// The limits of requests and connections of one server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// How long a request may take, including the time it waits.
    pub request_timeout: Duration,
    /// The tokens of a completion, at most.
    pub max_tokens: u32,
    /// The connections that are open at the same time, at most; further ones wait.
    pub connections: usize,
    /// The WebSockets among them, at most; further ones are refused.
    pub sockets: usize,
    /// How long the head of a request may take to arrive. A connection without a request ends
    /// after this time, too.
    pub head_timeout: Duration,
    /// How long the body of a request may take to arrive.
    pub body_timeout: Duration,
    /// How long a write may make no progress before its connection ends, because the client
    /// does not read. Connections without a pending write are not concerned.
    pub write_timeout: Duration,
    /// The time between two pings of a page.
    pub ping_interval: Duration,
    /// How long a page may send nothing, not even an answer to a ping, before its WebSocket
    /// is closed.
    pub silence_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        ServerLimits {
            request_timeout: Duration::from_secs(600),
            max_tokens: 4096,
            connections: 4096,
            sockets: 512,
            head_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(60),
            ping_interval: Duration::from_secs(20),
            silence_timeout: Duration::from_secs(60),
        }
    }
}

//! The envelope between a Web Worker and its page, around the shared messages.

use serde::{Deserialize, Serialize};

use crate::Reply;

/// What a worker posts to its page. The page posts plain [`Request`](crate::Request)s,
/// and only after [`FromWorker::Listening`]: earlier messages would be lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one exists at a time; it is never stored")]
pub enum FromWorker {
    /// The worker has started and hears messages.
    Listening {
        /// Which build of the engine it runs, for people.
        build: String,
    },
    /// An answer of the engine.
    Reply {
        /// The answer.
        reply: Reply,
    },
    /// The worker met a fault and must be replaced; it will not answer again.
    Died {
        /// What it died of.
        message: String,
    },
}

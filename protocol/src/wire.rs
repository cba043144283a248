//! The envelopes: a request, a reply, and what a Web Worker posts to its page.

use serde::{Deserialize, Serialize};

use crate::{Command, Event, RequestId};

/// One command with the id that its replies carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The id of every reply to this request.
    pub id: RequestId,
    /// What to do.
    pub command: Command,
}

/// One event of the request that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The request that this belongs to.
    pub id: RequestId,
    /// What happened.
    pub event: Event,
}

/// What a worker posts to its page. The page posts plain [`Request`]s, and only after
/// [`FromWorker::Listening`]: earlier messages would be lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "one exists at a time; it is never stored")]
pub enum FromWorker {
    /// The worker has started and takes messages.
    Listening {
        /// The name of the build that it runs, for people.
        build: String,
    },
    /// An answer of the engine.
    Reply {
        /// The answer.
        reply: Reply,
    },
    /// The worker has failed and will not answer again: it must be replaced.
    Died {
        /// The reason.
        message: String,
    },
}

//! The messages to the engine's thread.

use engine::Session;
use protocol::{Failure, Progress, Reply, Request};
use tokio::sync::mpsc::Sender;

/// Messages to the engine that may wait, of all clients together.
pub(super) const INBOX_SIZE: usize = 256;

/// Which client a request is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClientId(pub(super) u64);

/// A message to the engine's thread.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "most messages are requests")]
pub(super) enum EngineMessage {
    /// A request. The first one of a client has the sender for its replies.
    Request { client: ClientId, replies: Option<Sender<Reply>>, request: Request },
    /// A client wants the model loaded anew, which is another one now.
    Reload(ClientId),
    /// How far the loading of the model has come.
    Progress(Progress),
    /// The model is loaded, or cannot be.
    Loaded(Box<Result<Session, Failure>>),
    /// The server is stopping.
    Stop,
}

//! A client of the engine.

use protocol::{Reply, Request};
use tokio::sync::mpsc::{self, Receiver, Sender};

use super::message::{ClientId, EngineMessage};

/// Replies that may wait for a client: two long generations.
const REPLIES_SIZE: usize = 1024;

/// A client of the engine, which sends requests and reads replies. Dropping it cancels its
/// requests.
#[derive(Debug)]
pub struct EngineClient {
    id: ClientId,
    inbox: Sender<EngineMessage>,
    /// The engine gets it with the first request.
    sender: Option<Sender<Reply>>,
    replies: Receiver<Reply>,
}

/// The engine has ended and will not answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The server is stopping.")]
pub struct EngineStopped;

impl EngineClient {
    pub(super) fn new(id: ClientId, inbox: Sender<EngineMessage>) -> EngineClient {
        let (sender, replies) = mpsc::channel(REPLIES_SIZE);
        EngineClient { id, inbox, sender: Some(sender), replies }
    }

    /// Sends a request. Its replies carry its id, which the caller chooses.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn send(&mut self, request: Request) -> Result<(), EngineStopped> {
        let replies = self.sender.take();
        let message = EngineMessage::Request { client: self.id, replies, request };
        self.inbox.send(message).await.map_err(|_| EngineStopped)
    }

    /// Has the model loaded anew, which is another one now. All requests end, and all other clients
    /// do: their texts are tokens of the model before.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn reload(&self) -> Result<(), EngineStopped> {
        let sent = self.inbox.send(EngineMessage::Reload(self.id)).await;
        sent.map_err(|_| EngineStopped)
    }

    /// The next reply; none if the engine has ended or this client read too slowly. Waits
    /// for ever if no request was sent.
    pub async fn next(&mut self) -> Option<Reply> {
        self.replies.recv().await
    }
}

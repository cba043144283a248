//! The queue of replies to a client, and which of its requests have no answer yet.

use protocol::{Event, Failure, Reply, RequestId};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

/// The queue of replies to a client.
#[derive(Debug)]
pub(super) struct ClientQueue {
    replies: Sender<Reply>,
    /// Requests that have no terminal event yet.
    unanswered: Vec<RequestId>,
    /// The client has not read its replies for too long.
    overflowed: bool,
}

impl ClientQueue {
    pub(super) fn new(replies: Sender<Reply>) -> ClientQueue {
        ClientQueue { replies, unanswered: Vec::new(), overflowed: false }
    }

    /// How many requests have no terminal event yet.
    pub(super) fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Notes that a request must be answered.
    pub(super) fn expect(&mut self, request: RequestId) {
        self.unanswered.push(request);
    }

    /// Queues an event for the client, if there is room.
    pub(super) fn send(&mut self, reply: Reply) {
        if self.overflowed {
            return;
        }
        if reply.event.is_terminal()
            && let Some(index) = self.unanswered.iter().position(|id| *id == reply.id)
        {
            self.unanswered.swap_remove(index);
        }
        if let Err(TrySendError::Full(_)) = self.replies.try_send(reply) {
            self.overflowed = true;
        }
    }

    /// Ends all requests that have no answer yet.
    pub(super) fn fail_all(&mut self, failure: &Failure) {
        for id in self.unanswered.clone() {
            self.send(Reply { id, event: Event::Failed(failure.clone()) });
        }
    }

    /// Whether the client is there and reads its replies.
    pub(super) fn is_alive(&self) -> bool {
        !self.overflowed && !self.replies.is_closed()
    }
}

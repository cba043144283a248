//! The ways back to the clients, and what each still waits for.

use std::collections::HashMap;

use protocol::{Event, Failure, Reply, RequestId};
use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::ClientId;

/// All clients that have asked for something.
#[derive(Debug, Default)]
pub(super) struct Clients(HashMap<ClientId, ClientQueue>);

/// The way back to a client.
#[derive(Debug)]
struct ClientQueue {
    replies: Sender<Reply>,
    /// Requests that have no terminal event yet.
    unanswered: Vec<RequestId>,
    /// It has not read its replies for too long.
    overflowed: bool,
}

impl Clients {
    /// Takes the way back to a client.
    pub(super) fn add(&mut self, id: ClientId, replies: Sender<Reply>) {
        let queue = ClientQueue { replies, unanswered: Vec::new(), overflowed: false };
        self.0.insert(id, queue);
    }

    /// How many requests of a client have no answer yet; none if it was let go.
    pub(super) fn unanswered(&self, id: ClientId) -> Option<usize> {
        Some(self.0.get(&id)?.unanswered.len())
    }

    /// Notes that a request is to be answered.
    pub(super) fn expect(&mut self, id: ClientId, request: RequestId) {
        if let Some(queue) = self.0.get_mut(&id) {
            queue.unanswered.push(request);
        }
    }

    /// Sends a reply to a client, if it has not been let go.
    pub(super) fn send(&mut self, id: ClientId, reply: Reply) {
        if let Some(queue) = self.0.get_mut(&id) {
            queue.send(reply);
        }
    }

    /// Ends all requests that have no answer yet.
    pub(super) fn fail_all(&mut self, failure: &Failure) {
        for queue in self.0.values_mut() {
            for id in queue.unanswered.clone() {
                queue.send(Reply { id, event: Event::Failed(failure.clone()) });
            }
        }
    }

    /// Forgets the clients that have left or do not read, each of which is told to
    /// `forget`.
    pub(super) fn let_go(&mut self, mut forget: impl FnMut(&ClientId)) {
        self.0.retain(|id, queue| {
            let stays = !queue.overflowed && !queue.replies.is_closed();
            if !stays {
                forget(id);
            }
            stays
        });
    }
}

impl ClientQueue {
    fn send(&mut self, reply: Reply) {
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
}

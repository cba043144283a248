//! The thread that owns the engine, and the clients that talk to it.
//!
//! Every client has a bounded queue of replies. One that does not read them is let go,
//! so it can neither hold up the others nor fill the memory; one that is dropped has its
//! work cancelled.
//!
//! A panic in the engine ends what it was asked, each request with an event that says so.
//! A new engine takes its place and the model is loaded again, unless that has happened too
//! often of late.

mod clients;
mod engine_loop;
mod faults;
mod loader;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use engine::{Limits, Session, Stats};
use protocol::{Failure, Progress, Reply, Request};
use tokio::sync::mpsc::{self, Receiver, Sender};

use engine_loop::EngineLoop;
use loader::Loader;

/// Messages to the engine that may wait, of all clients.
const INBOX_SIZE: usize = 256;
/// Replies that may wait for a client: two long generations.
const REPLIES_SIZE: usize = 1024;

/// What the engine takes on if nothing else is said.
pub(crate) fn for_many() -> Limits {
    Limits { active: 64, sequences: 256, cache_bytes: 1 << 30, waiting: 256 }
}

/// The way to the engine's thread, which ends when all of these are gone.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    inbox: Sender<Message>,
    next_client: Arc<AtomicU64>,
    watched: Watched,
}

/// What those see of the engine who watch it.
#[derive(Clone, Debug, Default)]
struct Watched {
    stats: Arc<Mutex<Stats>>,
    restarts: Arc<AtomicU64>,
}

/// One party that asks and is answered. Dropping it cancels what it has asked for.
#[derive(Debug)]
pub struct Client {
    id: ClientId,
    inbox: Sender<Message>,
    /// For the engine, which gets it with the first request.
    sender: Option<Sender<Reply>>,
    replies: Receiver<Reply>,
}

/// The engine has ended and will not answer any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The server is stopping.")]
pub struct EngineStopped;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ClientId(u64);

#[derive(Debug)]
enum Message {
    /// A request; a client's first brings the way back to it.
    Request { client: ClientId, replies: Option<Sender<Reply>>, request: Request },
    /// So far has the loading come.
    Progress(Progress),
    /// The model is there, or will never be.
    Loaded(Box<Result<Session, Failure>>),
    /// The server is stopping.
    Stop,
}

impl EngineHandle {
    /// Starts the engine, which answers at once; `load` runs beside it, and again after a
    /// fault in the engine.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start(
        mut load: impl FnMut() -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<EngineHandle> {
        EngineHandle::start_told(for_many(), move |_| load())
    }

    /// The same, with limits and a `load` that tells how far it is; whoever asks for the
    /// model meanwhile hears that.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start_told(
        limits: Limits,
        load: impl FnMut(&dyn Fn(Progress)) -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<EngineHandle> {
        let (inbox, messages) = mpsc::channel(INBOX_SIZE);
        let watched = Watched::default();
        let loader = Loader::start(inbox.downgrade(), load)?;
        let engine = EngineLoop::new(messages, limits, watched.clone(), loader);
        thread::Builder::new().name("engine".into()).spawn(move || engine.run())?;
        Ok(EngineHandle { inbox, next_client: Arc::default(), watched })
    }

    /// A new client.
    pub fn client(&self) -> Client {
        let (sender, replies) = mpsc::channel(REPLIES_SIZE);
        let id = ClientId(self.next_client.fetch_add(1, Ordering::Relaxed));
        Client { id, inbox: self.inbox.clone(), sender: Some(sender), replies }
    }

    /// What the engine was doing after its last step, and what it and those before it have
    /// done.
    pub fn stats(&self) -> Stats {
        *self.watched.stats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the engine was started again after a fault.
    pub fn restarts(&self) -> u64 {
        self.watched.restarts.load(Ordering::Relaxed)
    }

    /// Ends the engine and with it all its clients.
    pub async fn stop(&self) {
        // It may have ended by itself.
        let _ = self.inbox.send(Message::Stop).await;
    }
}

impl Client {
    /// Asks for something.
    ///
    /// # Errors
    /// If the engine has ended.
    pub async fn send(&mut self, request: Request) -> Result<(), EngineStopped> {
        let replies = self.sender.take();
        let message = Message::Request { client: self.id, replies, request };
        self.inbox.send(message).await.map_err(|_| EngineStopped)
    }

    /// The next reply; none if the engine has ended or this client was too slow. Waits
    /// for ever where nothing was asked.
    pub async fn next(&mut self) -> Option<Reply> {
        self.replies.recv().await
    }
}

//! Starting the engine's thread, and watching it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use engine::{Limits, Session, Stats};
use protocol::{Failure, Progress};
use tokio::sync::mpsc::{self, Sender};

use super::client::EngineClient;
use super::engine_loop::EngineLoop;
use super::loader::Loader;
use super::message::{ClientId, EngineMessage, INBOX_SIZE};
use super::status::EngineStatus;

/// A handle on the engine's thread, which ends when all handles and clients are gone.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    inbox: Sender<EngineMessage>,
    next_client: Arc<AtomicU64>,
    status: EngineStatus,
}

impl EngineHandle {
    /// Starts the engine, which answers at once. `load` runs in a thread of its own, and
    /// again after a fault in the engine. It reports its progress, which clients get that ask
    /// for the model meanwhile.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start(
        limits: Limits,
        load: impl FnMut(&dyn Fn(Progress)) -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<EngineHandle> {
        let (inbox, messages) = mpsc::channel(INBOX_SIZE);
        let status = EngineStatus::default();
        let loader = Loader::start(inbox.downgrade(), load)?;
        let engine = EngineLoop::new(messages, limits, status.clone(), loader);
        thread::Builder::new().name("engine".into()).spawn(move || engine.run())?;
        Ok(EngineHandle { inbox, next_client: Arc::default(), status })
    }

    /// A new client.
    pub fn client(&self) -> EngineClient {
        let id = ClientId(self.next_client.fetch_add(1, Ordering::Relaxed));
        EngineClient::new(id, self.inbox.clone())
    }

    /// What the engine was doing after its last step; its counters include those of the
    /// engines before it.
    pub fn stats(&self) -> Stats {
        self.status.stats()
    }

    /// How often the engine was started again after a fault.
    pub fn restarts(&self) -> u64 {
        self.status.restarts()
    }

    /// Ends the engine and with it all its clients.
    pub async fn stop(&self) {
        // It may have ended by itself.
        let _ = self.inbox.send(EngineMessage::Stop).await;
    }
}

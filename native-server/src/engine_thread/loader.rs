//! The thread that loads the model: at the start, and again after a fault in the engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::thread;

use engine::Session;
use protocol::{ErrorCode, Failure, Progress};
use tokio::sync::mpsc::WeakSender;

use super::message::EngineMessage;

/// Asks the thread to load. The thread ends when this value is dropped, once it is not
/// loading.
#[derive(Debug)]
pub(super) struct Loader(Sender<()>);

impl Loader {
    /// Starts the thread and a first load. Results go into the inbox as long as it has a
    /// receiver.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(
        inbox: WeakSender<EngineMessage>,
        mut load: impl FnMut(&dyn Fn(Progress)) -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<Loader> {
        let (requests, waiting) = mpsc::channel();
        thread::Builder::new().name("model loader".into()).spawn(move || {
            for () in waiting {
                // A report that finds the inbox full is dropped: it would soon be out of date.
                let report = |progress| {
                    if let Some(inbox) = inbox.upgrade() {
                        drop(inbox.try_send(EngineMessage::Progress(progress)));
                    }
                };
                let result = catch_unwind(AssertUnwindSafe(|| load(&report)));
                let result = result.unwrap_or_else(|_| Err(fault()));
                let Some(inbox) = inbox.upgrade() else { return };
                // There is no receiver if the server has stopped meanwhile.
                let _ = inbox.blocking_send(EngineMessage::Loaded(Box::new(result)));
            }
        })?;
        let loader = Loader(requests);
        loader.load();
        Ok(loader)
    }

    /// Loads the model again, after the load that is under way, if one is.
    pub(super) fn load(&self) {
        // The thread receives for as long as this value is there.
        let _ = self.0.send(());
    }
}

fn fault() -> Failure {
    Failure {
        code: ErrorCode::Internal,
        message: "The model could not be loaded: the engine met a fault in itself."
            .into(),
        hint: Some("Choose another model.".into()),
    }
}

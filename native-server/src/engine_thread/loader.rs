//! The thread that loads the model: at the start, and again after a fault in the engine.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Sender};
use std::thread;

use engine::Session;
use protocol::{ErrorCode, Failure, Progress};
use tokio::sync::mpsc::WeakSender;

use super::Message;

/// The way to that thread, which ends with the value once it is not loading.
#[derive(Debug)]
pub(super) struct Loader(Sender<()>);

impl Loader {
    /// Starts the thread and a first load, whose result goes into the inbox as long as
    /// someone has the other end.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub(super) fn start(
        inbox: WeakSender<Message>,
        mut load: impl FnMut(&dyn Fn(Progress)) -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<Loader> {
        let (wanted, wishes) = mpsc::channel();
        thread::Builder::new().name("model loader".into()).spawn(move || {
            for () in wishes {
                // What does not get through is soon out of date.
                let tell = |progress| {
                    if let Some(inbox) = inbox.upgrade() {
                        drop(inbox.try_send(Message::Progress(progress)));
                    }
                };
                let result = catch_unwind(AssertUnwindSafe(|| load(&tell)));
                let result = result.unwrap_or_else(|_| Err(fault()));
                let Some(inbox) = inbox.upgrade() else { return };
                // Nobody listens any more if the server has stopped meanwhile.
                let _ = inbox.blocking_send(Message::Loaded(Box::new(result)));
            }
        })?;
        let loader = Loader(wanted);
        loader.load();
        Ok(loader)
    }

    /// Loads the model, once what it does now is done.
    pub(super) fn load(&self) {
        // The thread listens for as long as this value is there.
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

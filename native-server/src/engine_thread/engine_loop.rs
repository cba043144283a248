//! What the engine's thread does: hears messages, lets the engine take steps, and starts
//! another one after a fault.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use engine::{Engine, Limits, Session, Stats};
use protocol::{Command, ErrorCode, Event, Failure, Progress, Reply, Request};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};

use super::clients::Clients;
use super::faults::{self, Faults};
use super::loader::Loader;
use super::{ClientId, INBOX_SIZE, Message, Watched};
use crate::clock::system_clock;

/// Between two looks for those that are about to ask.
const GATHER: Duration = Duration::from_micros(100);
/// Requests of one client that may be unanswered.
const MAX_UNANSWERED: usize = 16;

/// What the thread works with.
pub(super) struct EngineLoop {
    messages: Receiver<Message>,
    limits: Limits,
    engine: Engine<ClientId>,
    watched: Watched,
    /// What engines before this one have done.
    before: Stats,
    loader: Loader,
    /// How far the loading has come.
    progress: Option<Progress>,
    /// Why there will be no model.
    load_failure: Option<Failure>,
    clients: Clients,
    faults: Faults,
}

/// How many requests the last step was for, and how long it took.
#[derive(Default)]
struct LastStep {
    requests: usize,
    time: Duration,
}

impl EngineLoop {
    pub(super) fn new(
        messages: Receiver<Message>,
        limits: Limits,
        watched: Watched,
        loader: Loader,
    ) -> EngineLoop {
        EngineLoop {
            messages,
            limits,
            engine: new_engine(limits),
            watched,
            before: Stats::default(),
            loader,
            progress: None,
            load_failure: None,
            clients: Clients::default(),
            faults: Faults::default(),
        }
    }

    /// Works until nobody can ask any more, or the server stops.
    pub(super) fn run(mut self) {
        // What a fault leaves half done is the engine, of which nothing is used again.
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            self.recover();
        }
    }

    fn work(&mut self) {
        let mut working = false;
        let mut last = LastStep::default();
        // Without work, waits for a message; ends when nobody is left to send any.
        while working || self.wait().is_continue() {
            if self.hear_all().is_break() || self.gather(&last).is_break() {
                return;
            }
            self.let_go();
            let (requests, start) = (self.engine.pending(), Instant::now());
            let EngineLoop { engine, clients, .. } = self;
            working = engine.step(&mut |client, reply| clients.send(*client, reply));
            last = LastStep { requests, time: start.elapsed() };
            self.tell_stats();
            // Once more before a possible long wait: who was let go should hear of it.
            self.let_go();
        }
    }

    /// After a fault: all that was asked is answered, and the model is loaded anew.
    fn recover(&mut self) {
        let again = self.faults.note(Instant::now());
        // The broken one is not even asked what it has done.
        self.before = *self.watched.stats.lock().unwrap_or_else(PoisonError::into_inner);
        let broken = std::mem::replace(&mut self.engine, new_engine(self.limits));
        // It may not even be able to end well. Its memory is needed for the next.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        self.progress = None;
        if again {
            tracing::error!(
                "The engine met a fault in itself; the model is loaded again."
            );
            self.watched.restarts.fetch_add(1, Ordering::Relaxed);
            self.clients.fail_all(&faults::starting_again());
            self.loader.load();
        } else {
            let failure = faults::given_up();
            tracing::error!("{} Start the server again.", failure.message);
            self.clients.fail_all(&failure);
            self.engine.set_loading(false);
            self.load_failure = Some(failure);
        }
        self.tell_stats();
    }

    fn tell_stats(&self) {
        let stats = sum(&self.before, &self.engine.stats());
        *self.watched.stats.lock().unwrap_or_else(PoisonError::into_inner) = stats;
    }

    /// Hears what has come.
    fn hear_all(&mut self) -> ControlFlow<()> {
        // Bounded, so that one who floods us cannot keep the engine from working.
        for _ in 0..INBOX_SIZE {
            match self.messages.try_recv() {
                Ok(message) => self.hear(message)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits a little for those that were served in the last step and are about to ask
    /// for the next: one pass for all is quicker than one for the first and another for
    /// the rest.
    fn gather(&mut self, last: &LastStep) -> ControlFlow<()> {
        let start = Instant::now();
        while self.engine.pending() < last.requests && start.elapsed() < last.time / 8 {
            thread::sleep(GATHER);
            self.hear_all()?;
        }
        ControlFlow::Continue(())
    }

    fn wait(&mut self) -> ControlFlow<()> {
        match self.messages.blocking_recv() {
            Some(message) => self.hear(message),
            None => ControlFlow::Break(()),
        }
    }

    fn hear(&mut self, message: Message) -> ControlFlow<()> {
        match message {
            Message::Request { client, replies, request } => {
                self.take(client, replies, request);
            }
            Message::Progress(progress) => self.progress = Some(progress),
            Message::Loaded(result) => self.loaded(*result),
            Message::Stop => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn take(&mut self, id: ClientId, replies: Option<Sender<Reply>>, request: Request) {
        if let Some(replies) = replies {
            self.clients.add(id, replies);
        }
        // A client that was let go can still have sent something.
        let Some(unanswered) = self.clients.unanswered(id) else { return };
        let Request { id: request_id, command } = &request;
        let refusal = match (&self.load_failure, command) {
            (_, Command::Cancel { .. }) => None,
            (Some(failure), _) => Some(failure.clone()),
            (None, _) if unanswered >= MAX_UNANSWERED => Some(busy()),
            (None, _) => None,
        };
        if !matches!(command, Command::Cancel { .. }) {
            self.clients.expect(id, *request_id);
        }
        let EngineLoop { engine, clients, progress, .. } = self;
        if let (Command::Describe, Some(progress)) = (command, progress) {
            let event = Event::Progress(progress.clone());
            clients.send(id, Reply { id: *request_id, event });
        }
        match refusal {
            Some(failure) => {
                let event = Event::Failed(failure);
                clients.send(id, Reply { id: *request_id, event });
            }
            None => {
                engine.submit(id, request, &mut |client, reply| {
                    clients.send(*client, reply);
                });
            }
        }
    }

    fn loaded(&mut self, result: Result<Session, Failure>) {
        self.progress = None;
        let EngineLoop { engine, clients, .. } = self;
        match result {
            Ok(session) => {
                engine.set_session(session, &mut |client, reply| {
                    clients.send(*client, reply);
                });
            }
            Err(failure) => {
                engine.set_loading(false);
                self.load_failure = Some(faults::of_model(failure));
            }
        }
    }

    /// Forgets the clients that have left or do not read.
    fn let_go(&mut self) {
        let EngineLoop { engine, clients, .. } = self;
        clients.let_go(|id| engine.forget(id));
    }
}

/// One whose model is on its way.
fn new_engine(limits: Limits) -> Engine<ClientId> {
    let mut engine = Engine::with_limits(system_clock(), limits);
    engine.set_loading(true);
    engine
}

/// What an engine is doing, and what it and those before it have done: counters never go
/// back.
fn sum(before: &Stats, now: &Stats) -> Stats {
    Stats {
        evicted: before.evicted + now.evicted,
        forward_tokens: before.forward_tokens + now.forward_tokens,
        passes: before.passes + now.passes,
        generated_tokens: before.generated_tokens + now.generated_tokens,
        ..*now
    }
}

fn busy() -> Failure {
    Failure {
        code: ErrorCode::Busy,
        message: format!(
            "This connection has {MAX_UNANSWERED} unanswered requests already."
        ),
        hint: Some("Wait for answers, or cancel some.".into()),
    }
}

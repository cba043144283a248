//! What the engine's thread does: it takes messages, lets the engine take steps, and starts
//! another engine after a fault.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use engine::{Engine, Limits, Session, Stats};
use protocol::{Command, ErrorCode, Event, Failure, Progress, Reply, Request};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};

use super::client_queue::ClientQueue;
use super::faults::{self, Faults};
use super::loader::Loader;
use super::message::{ClientId, EngineMessage, INBOX_SIZE};
use super::status::EngineStatus;
use crate::clock::system_clock;

/// The pause between two looks for requests that are about to come.
const GATHER_PAUSE: Duration = Duration::from_micros(100);
/// Requests of one client that may be unanswered at the same time.
const MAX_UNANSWERED: usize = 16;

/// The engine with its clients, and what comes to it.
pub(super) struct EngineLoop {
    messages: Receiver<EngineMessage>,
    limits: Limits,
    engine: Engine<ClientId>,
    status: EngineStatus,
    /// The counters of the engines before this one.
    before: Stats,
    loader: Loader,
    /// How far the loading has come, while it goes on.
    progress: Option<Progress>,
    /// Why there will be no model.
    load_failure: Option<Failure>,
    clients: HashMap<ClientId, ClientQueue>,
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
        messages: Receiver<EngineMessage>,
        limits: Limits,
        status: EngineStatus,
        loader: Loader,
    ) -> EngineLoop {
        EngineLoop {
            messages,
            limits,
            engine: new_engine(limits),
            status,
            before: Stats::default(),
            loader,
            progress: None,
            load_failure: None,
            clients: HashMap::new(),
            faults: Faults::default(),
        }
    }

    /// Runs until all handles and clients are gone, or the server stops.
    pub(super) fn run(mut self) {
        // A fault leaves the engine half-way through a step; it is not used again.
        while catch_unwind(AssertUnwindSafe(|| self.work())).is_err() {
            self.recover();
        }
    }

    fn work(&mut self) {
        let mut working = false;
        let mut last = LastStep::default();
        // Without work, wait for a message; end when nobody is left to send one.
        while working || self.wait().is_continue() {
            if self.take_waiting().is_break() || self.gather(&last).is_break() {
                return;
            }
            self.remove_dead_clients();
            let (requests, start) = (self.engine.pending(), Instant::now());
            let EngineLoop { engine, clients, .. } = self;
            working = engine.step(&mut |client, reply| deliver(clients, *client, reply));
            last = LastStep { requests, time: start.elapsed() };
            self.publish_stats();
            // Once more before what may be a long wait, so that a removed client hears of it.
            self.remove_dead_clients();
        }
    }

    /// After a fault: fails all unanswered requests and loads the model anew.
    fn recover(&mut self) {
        let again = self.faults.note(Instant::now());
        // The broken engine may not even be able to count.
        self.before = self.status.stats();
        let broken = std::mem::replace(&mut self.engine, new_engine(self.limits));
        // Its end may panic, too. Its memory is needed for the next.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(broken)));
        self.progress = None;
        if again {
            tracing::error!(
                "The engine met a fault in itself; the model is loaded again."
            );
            self.status.count_restart();
            self.fail_all(&faults::starting_again());
            self.loader.load();
        } else {
            let failure = faults::given_up();
            tracing::error!("{} Start the server again.", failure.message);
            self.fail_all(&failure);
            self.engine.set_loading(false);
            self.load_failure = Some(failure);
        }
        self.publish_stats();
    }

    fn fail_all(&mut self, failure: &Failure) {
        for queue in self.clients.values_mut() {
            queue.fail_all(failure);
        }
    }

    fn publish_stats(&self) {
        self.status.set_stats(sum(&self.before, &self.engine.stats()));
    }

    /// Takes the messages that are there.
    fn take_waiting(&mut self) -> ControlFlow<()> {
        // Bounded, so that a client that floods the inbox cannot keep the engine from working.
        for _ in 0..INBOX_SIZE {
            match self.messages.try_recv() {
                Ok(message) => self.take(message)?,
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return ControlFlow::Break(()),
            }
        }
        ControlFlow::Continue(())
    }

    /// Waits a little for the clients that were served in the last step and are about to
    /// send the next request: one pass for all is quicker than one for the first and another
    /// for the rest.
    fn gather(&mut self, last: &LastStep) -> ControlFlow<()> {
        let start = Instant::now();
        while self.engine.pending() < last.requests && start.elapsed() < last.time / 8 {
            thread::sleep(GATHER_PAUSE);
            self.take_waiting()?;
        }
        ControlFlow::Continue(())
    }

    fn wait(&mut self) -> ControlFlow<()> {
        match self.messages.blocking_recv() {
            Some(message) => self.take(message),
            None => ControlFlow::Break(()),
        }
    }

    fn take(&mut self, message: EngineMessage) -> ControlFlow<()> {
        match message {
            EngineMessage::Request { client, replies, request } => {
                self.take_request(client, replies, request);
            }
            EngineMessage::Progress(progress) => self.progress = Some(progress),
            EngineMessage::Loaded(result) => self.take_model(*result),
            EngineMessage::Stop => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    }

    fn take_request(
        &mut self,
        id: ClientId,
        replies: Option<Sender<Reply>>,
        request: Request,
    ) {
        let EngineLoop { engine, clients, progress, load_failure, .. } = self;
        if let Some(replies) = replies {
            clients.insert(id, ClientQueue::new(replies));
        }
        // A client that was removed can still have sent something.
        let Some(queue) = clients.get_mut(&id) else { return };
        let Request { id: request_id, command } = &request;
        if !matches!(command, Command::Cancel { .. }) {
            let refusal = match load_failure {
                Some(failure) => Some(failure.clone()),
                None => (queue.unanswered() >= MAX_UNANSWERED).then(busy),
            };
            queue.expect(*request_id);
            if let (Command::Describe, Some(progress)) = (command, progress) {
                let event = Event::Progress(progress.clone());
                queue.send(Reply { id: *request_id, event });
            }
            if let Some(failure) = refusal {
                return queue
                    .send(Reply { id: *request_id, event: Event::Failed(failure) });
            }
        }
        engine.submit(id, request, &mut |client, reply| deliver(clients, *client, reply));
    }

    fn take_model(&mut self, result: Result<Session, Failure>) {
        self.progress = None;
        let EngineLoop { engine, clients, .. } = self;
        match result {
            Ok(session) => {
                engine.set_session(session, &mut |client, reply| {
                    deliver(clients, *client, reply);
                });
            }
            Err(failure) => {
                engine.set_loading(false);
                self.load_failure = Some(faults::of_model(failure));
            }
        }
    }

    /// Forgets the clients that have left or do not read, with their requests.
    fn remove_dead_clients(&mut self) {
        let EngineLoop { engine, clients, .. } = self;
        clients.retain(|id, queue| {
            let alive = queue.is_alive();
            if !alive {
                engine.forget(id);
            }
            alive
        });
    }
}

/// Queues a reply for a client, if it has not been removed.
fn deliver(clients: &mut HashMap<ClientId, ClientQueue>, client: ClientId, reply: Reply) {
    if let Some(queue) = clients.get_mut(&client) {
        queue.send(reply);
    }
}

/// An engine whose model is being loaded.
fn new_engine(limits: Limits) -> Engine<ClientId> {
    let mut engine = Engine::with_limits(system_clock(), limits);
    engine.set_loading(true);
    engine
}

/// The state of an engine, with counters that include those of the engines before it, so
/// that they never go back.
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

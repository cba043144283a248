//! What the engine's thread does: it takes messages, lets the engine take steps, and starts
//! another engine after a fault.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use engine::{Engine, Limits, Session, Stats};
use protocol::{Command, Event, Failure, Progress, Reply, Request};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{Receiver, Sender};

use super::client_queue::ClientQueue;
use super::faults::{self, Faults};
use super::loader::Loader;
use super::message::{ClientId, EngineMessage, INBOX_SIZE};
use super::status::{EngineStatus, sum};
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
    /// Loads that have not ended. The last one counts.
    loads: usize,
    /// Who has chosen the model that is loaded.
    chosen_by: Option<ClientId>,
    /// Why the model that a client has chosen could not be loaded, until it hears of it.
    untold: Option<(ClientId, Failure)>,
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
            // The loader begins with one.
            loads: 1,
            chosen_by: None,
            untold: None,
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
            self.load();
        } else {
            let failure = faults::given_up();
            tracing::error!("{} Start the server again.", failure.message);
            self.fail_all(&failure);
            self.engine.set_loading(false);
            self.load_failure = Some(failure);
        }
        self.publish_stats();
    }

    /// Loads the model that was chosen in place of the one before, which makes room for it.
    fn load_chosen(&mut self, client: ClientId) {
        self.fail_all(&faults::another_model());
        self.clients.retain(|id, _| *id == client);
        self.chosen_by = Some(client);
        self.untold = None;
        self.load_failure = None;
        self.forget_model();
        self.load();
    }

    fn forget_model(&mut self) {
        self.before = self.status.stats();
        self.progress = None;
        self.engine = new_engine(self.limits);
    }

    fn load(&mut self) {
        self.loads += 1;
        self.loader.load();
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
            EngineMessage::Reload(client) => self.load_chosen(client),
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
        let EngineLoop { engine, clients, progress, load_failure, untold, .. } = self;
        if let Some(replies) = replies {
            clients.insert(id, ClientQueue::new(replies));
        }
        // A client that was removed can still have sent something.
        let Some(queue) = clients.get_mut(&id) else { return };
        let Request { id: request_id, command } = &request;
        if !matches!(command, Command::Cancel { .. }) {
            let describes = matches!(command, Command::Describe);
            let told = untold.take_if(|(client, _)| describes && *client == id);
            let refusal = match (told, load_failure) {
                (Some((_, failure)), _) => Some(failure),
                (None, Some(failure)) => Some(failure.clone()),
                (None, None) => (queue.unanswered() >= MAX_UNANSWERED)
                    .then(|| faults::busy(MAX_UNANSWERED)),
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
        self.loads = self.loads.saturating_sub(1);
        if self.loads > 0 {
            // Another model was chosen meanwhile.
            return;
        }
        self.progress = None;
        let chosen_by = self.chosen_by.take();
        let EngineLoop { engine, clients, .. } = self;
        match result {
            // What ran before is loaded again.
            Err(failure) if let Some(client) = chosen_by => {
                self.untold = Some((client, faults::of_model(failure)));
                self.load();
            }
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

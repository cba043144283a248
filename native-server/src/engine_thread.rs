//! The thread that owns the engine, and the clients that talk to it.
//!
//! Every client has a bounded queue of replies. One that does not read them is let go,
//! so it can neither hold up the others nor fill the memory; one that is dropped has its
//! work cancelled.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use engine::{Engine, Limits, Session, Stats};
use protocol::{Command, ErrorCode, Event, Failure, Progress, Reply, Request};
use tokio::sync::mpsc::error::{TryRecvError, TrySendError};
use tokio::sync::mpsc::{self, Receiver, Sender};

use crate::clock::system_clock;

/// Messages to the engine that may wait, of all clients.
const INBOX_SIZE: usize = 256;
/// Replies that may wait for a client: two long generations.
const REPLIES_SIZE: usize = 1024;
/// Between two looks for those that are about to ask.
const GATHER: Duration = Duration::from_micros(100);
/// Requests of one client that may be unanswered.
const MAX_PENDING: usize = 16;

/// What the engine takes on if nothing else is said.
pub(crate) fn for_many() -> Limits {
    Limits { active: 64, sequences: 256, cache_bytes: 1 << 30, waiting: 256 }
}

/// The way to the engine's thread, which ends when all of these are gone.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    inbox: Sender<Message>,
    next_client: Arc<AtomicU64>,
    stats: Arc<Mutex<Stats>>,
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
#[error("The server is stopping, or its engine has met a fault.")]
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
    /// Starts the engine, which answers at once; `load` runs beside it.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start(
        load: impl FnOnce() -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<EngineHandle> {
        EngineHandle::start_told(for_many(), |_| load())
    }

    /// The same, with limits and a `load` that tells how far it is; whoever asks for the
    /// model meanwhile hears that.
    ///
    /// # Errors
    /// If the system gives no threads.
    pub fn start_told(
        limits: Limits,
        load: impl FnOnce(&dyn Fn(Progress)) -> Result<Session, Failure> + Send + 'static,
    ) -> std::io::Result<EngineHandle> {
        let (inbox, messages) = mpsc::channel(INBOX_SIZE);
        let stats = Arc::new(Mutex::new(Stats::default()));
        let engine = thread::Builder::new().name("engine".into());
        let desk = Desk::new(messages, limits, stats.clone());
        engine.spawn(move || desk.run())?;
        let loaded = inbox.clone();
        let loader = thread::Builder::new().name("model loader".into());
        loader.spawn(move || {
            // What does not get through is soon out of date.
            let tell = |progress| drop(loaded.try_send(Message::Progress(progress)));
            let result = catch_unwind(AssertUnwindSafe(|| load(&tell)));
            let result = result.unwrap_or_else(|_| Err(fault_while_loading()));
            // Nobody listens any more if the server has stopped meanwhile.
            let _ = loaded.blocking_send(Message::Loaded(Box::new(result)));
        })?;
        Ok(EngineHandle { inbox, next_client: Arc::default(), stats })
    }

    /// A new client.
    pub fn client(&self) -> Client {
        let (sender, replies) = mpsc::channel(REPLIES_SIZE);
        let id = ClientId(self.next_client.fetch_add(1, Ordering::Relaxed));
        Client { id, inbox: self.inbox.clone(), sender: Some(sender), replies }
    }

    /// What the engine was doing after its last step.
    pub fn stats(&self) -> Stats {
        *self.stats.lock().unwrap_or_else(PoisonError::into_inner)
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

/// What the thread works with.
struct Desk {
    messages: Receiver<Message>,
    engine: Engine<ClientId>,
    /// For those who watch.
    stats: Arc<Mutex<Stats>>,
    /// How far the loading has come.
    progress: Option<Progress>,
    /// Why there will be no model.
    load_failure: Option<Failure>,
    clients: HashMap<ClientId, Line>,
}

/// How many requests the last step was for, and how long it took.
#[derive(Default)]
struct Crowd {
    count: usize,
    step: Duration,
}

/// The way back to a client.
struct Line {
    replies: Sender<Reply>,
    /// Requests that have no terminal event yet.
    pending: usize,
    /// It has not read its replies for too long.
    overflowed: bool,
}

impl Desk {
    fn new(
        messages: Receiver<Message>,
        limits: Limits,
        stats: Arc<Mutex<Stats>>,
    ) -> Desk {
        let mut engine = Engine::with_limits(system_clock(), limits);
        engine.set_loading(true);
        Desk {
            messages,
            engine,
            stats,
            progress: None,
            load_failure: None,
            clients: HashMap::new(),
        }
    }

    fn run(mut self) {
        let mut working = false;
        let mut crowd = Crowd::default();
        // Without work, waits for a message; ends when nobody is left to send any.
        while working || self.wait().is_continue() {
            if self.hear_all().is_break() || self.gather(&crowd).is_break() {
                return;
            }
            self.let_go();
            let (count, start) = (self.engine.pending(), Instant::now());
            let Desk { engine, clients, .. } = &mut self;
            working = engine.step(&mut |client, reply| send(clients, client, reply));
            crowd = Crowd { count, step: start.elapsed() };
            *self.stats.lock().unwrap_or_else(PoisonError::into_inner) =
                self.engine.stats();
            // Once more before a possible long wait: who was let go should hear of it.
            self.let_go();
        }
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
    fn gather(&mut self, crowd: &Crowd) -> ControlFlow<()> {
        let start = Instant::now();
        while self.engine.pending() < crowd.count && start.elapsed() < crowd.step / 8 {
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
            let line = Line { replies, pending: 0, overflowed: false };
            self.clients.insert(id, line);
        }
        // A client that was let go can still have sent something.
        let Some(line) = self.clients.get_mut(&id) else { return };
        let Request { id: request_id, command } = &request;
        let refusal = match (&self.load_failure, command) {
            (_, Command::Cancel { .. }) => None,
            (Some(failure), _) => Some(failure.clone()),
            (None, _) if line.pending >= MAX_PENDING => Some(busy()),
            (None, _) => None,
        };
        if !matches!(command, Command::Cancel { .. }) {
            line.pending += 1;
        }
        let Desk { engine, clients, progress, .. } = self;
        if let (Command::Describe, Some(progress)) = (command, progress) {
            let event = Event::Progress(progress.clone());
            send(clients, &id, Reply { id: *request_id, event });
        }
        match refusal {
            Some(failure) => {
                let event = Event::Failed(failure);
                send(clients, &id, Reply { id: *request_id, event });
            }
            None => {
                engine.submit(id, request, &mut |client, reply| {
                    send(clients, client, reply)
                });
            }
        }
    }

    fn loaded(&mut self, result: Result<Session, Failure>) {
        self.progress = None;
        let Desk { engine, clients, .. } = self;
        match result {
            Ok(session) => {
                engine.set_session(session, &mut |client, reply| {
                    send(clients, client, reply)
                });
            }
            Err(failure) => {
                engine.set_loading(false);
                self.load_failure = Some(failure);
            }
        }
    }

    /// Forgets the clients that have left or do not read.
    fn let_go(&mut self) {
        let engine = &mut self.engine;
        self.clients.retain(|id, line| {
            let stays = !line.overflowed && !line.replies.is_closed();
            if !stays {
                engine.forget(id);
            }
            stays
        });
    }
}

fn send(clients: &mut HashMap<ClientId, Line>, client: &ClientId, reply: Reply) {
    let line = clients.get_mut(client).filter(|line| !line.overflowed);
    let Some(line) = line else { return };
    if reply.event.is_terminal() {
        line.pending = line.pending.saturating_sub(1);
    }
    if let Err(TrySendError::Full(_)) = line.replies.try_send(reply) {
        line.overflowed = true;
    }
}

fn busy() -> Failure {
    Failure {
        code: ErrorCode::Busy,
        message: format!(
            "This connection has {MAX_PENDING} unanswered requests already."
        ),
        hint: Some("Wait for answers, or cancel some.".into()),
    }
}

fn fault_while_loading() -> Failure {
    Failure {
        code: ErrorCode::Internal,
        message: "The model could not be loaded: the engine met a fault in itself."
            .into(),
        hint: Some("Choose another model.".into()),
    }
}

//! A queue of requests over one session, advanced in bounded steps so that whoever
//! drives it can listen in between: the Web Worker to its messages, the native server
//! to its connections.

mod generate;
mod job;
mod pace;
mod score;

use std::collections::VecDeque;

use protocol::{
    Command, ErrorCode, Event, Failure, FinishReason, Reply, Request, RequestId,
};

use crate::error::EngineError;
use crate::session::Session;
use job::{Context, Job, Outcome};
use pace::Pace;

/// How many requests may wait.
const MAX_WAITING: usize = 256;

/// Where the engine has the time from.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Milliseconds since any fixed moment; never goes back.
    pub monotonic_ms: fn() -> f64,
    /// Seconds since 1970-01-01 00:00 UTC, for templates that tell the date.
    pub unix_seconds: fn() -> i64,
}

/// Requests of any number of clients, done one after another.
///
/// Every request gets exactly one terminal event, whatever happens.
#[derive(Debug)]
pub struct Engine<C> {
    clock: Clock,
    session: Option<Session>,
    loading: bool,
    queue: VecDeque<Entry<C>>,
    pace: Pace,
}

#[derive(Debug)]
struct Entry<C> {
    client: C,
    id: RequestId,
    job: Job,
}

impl<C: Clone + PartialEq> Engine<C> {
    /// An engine without a model.
    pub fn new(clock: Clock) -> Self {
        Engine {
            clock,
            session: None,
            loading: false,
            queue: VecDeque::new(),
            pace: Pace::default(),
        }
    }

    /// The model that answers, if there is one.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Says that a model is on its way: until it is there, requests fail with
    /// [`ErrorCode::Loading`].
    pub fn set_loading(&mut self, loading: bool) {
        self.loading = loading;
    }

    /// Replaces the model. Requests that wait were meant for the old one: they end as
    /// cancelled.
    pub fn set_session(&mut self, session: Session, emit: &mut dyn FnMut(&C, Reply)) {
        for entry in std::mem::take(&mut self.queue) {
            entry.cancel(emit);
        }
        self.pace = Pace::new(session.description().parameters);
        self.session = Some(session);
        self.loading = false;
    }

    /// Takes a request. Those that need no model's work are answered at once, the
    /// others by [`step`](Self::step).
    pub fn submit(
        &mut self,
        client: C,
        request: Request,
        emit: &mut dyn FnMut(&C, Reply),
    ) {
        let Request { id, command } = request;
        let answer = match command {
            Command::Cancel { request } => {
                self.remove(|entry| entry.client == client && entry.id == request, emit);
                return;
            }
            command => self.accept(&client, id, command),
        };
        if let Some(event) = answer {
            emit(&client, Reply { id, event });
        }
    }

    /// Queues a command, or says what its answer is already.
    fn accept(&mut self, client: &C, id: RequestId, command: Command) -> Option<Event> {
        let Some(session) = &self.session else {
            return Some(Event::Failed(match self.loading {
                true => loading(),
                false => EngineError::NoModel.failure(),
            }));
        };
        if matches!(command, Command::Describe) {
            return Some(Event::Ready(session.description().clone()));
        }
        let waiting = self.queue.len();
        if waiting >= MAX_WAITING {
            return Some(Event::Failed(EngineError::Busy { waiting }.failure()));
        }
        match Job::new(command, session) {
            Ok(job) => {
                self.queue.push_back(Entry { client: client.clone(), id, job });
                None
            }
            Err(error) => Some(Event::Failed(error.failure())),
        }
    }

    /// Ends all requests of a client that has left, without telling it.
    pub fn forget(&mut self, client: &C) {
        self.queue.retain(|entry| entry.client != *client);
    }

    /// Works for a bounded time, some 60 ms where the machine allows it. Returns
    /// whether there is more to do.
    pub fn step(&mut self, emit: &mut dyn FnMut(&C, Reply)) -> bool {
        let (Some(session), Some(entry)) = (&mut self.session, self.queue.front_mut())
        else {
            return false;
        };
        let Entry { client, id, job } = entry;
        let mut tell = |event| emit(client, Reply { id: *id, event });
        let mut context =
            Context { session, clock: self.clock, pace: &mut self.pace, emit: &mut tell };
        let last = match job.step(&mut context) {
            Ok(Outcome::More) => return true,
            Ok(Outcome::Done(event)) => event,
            Err(error) => Event::Failed(error.failure()),
        };
        tell(last);
        self.queue.pop_front();
        !self.queue.is_empty()
    }

    fn remove(
        &mut self,
        matches: impl Fn(&Entry<C>) -> bool,
        emit: &mut dyn FnMut(&C, Reply),
    ) {
        if let Some(index) = self.queue.iter().position(matches)
            && let Some(entry) = self.queue.remove(index)
        {
            entry.cancel(emit);
        }
    }
}

impl<C> Entry<C> {
    fn cancel(self, emit: &mut dyn FnMut(&C, Reply)) {
        let reason = FinishReason::Cancelled;
        let event = Event::Finished { reason, timings: self.job.timings() };
        emit(&self.client, Reply { id: self.id, event });
    }
}

fn loading() -> Failure {
    Failure {
        code: ErrorCode::Loading,
        message: "The model is still being loaded.".into(),
        hint: Some("Try again in a moment.".into()),
    }
}

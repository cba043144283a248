//! The engine: models and requests that come and go. [`step`](Engine::step) is in a file
//! of its own.

use std::collections::VecDeque;

use protocol::{Command, ErrorCode, Event, Failure, Reply, Request, RequestId};

use super::clock::Clock;
use super::entry::{Active, Entry};
use super::job::Job;
use super::limits::{Limits, Stats};
use super::prefill_budget::PrefillBudget;
use crate::error::EngineError;
use crate::session::Session;

/// Schedules the requests of any number of clients, of type `C`. Requests of one client
/// run one after another; those of several clients run concurrently, as far as the
/// [`Limits`] allow.
///
/// Every request gets exactly one terminal event, unless its client
/// [left](Engine::forget).
///
/// ```
/// use engine::{Clock, Engine};
/// use protocol::{Command, Event, Request, RequestId};
///
/// let clock = Clock { monotonic_ms: || 0.0, unix_seconds: || 0 };
/// let mut engine = Engine::new(clock);
/// let request = Request { id: RequestId(7), command: Command::Describe };
/// let mut replies = Vec::new();
/// engine.submit("a client", request, &mut |_, reply| replies.push(reply));
/// // There is no model yet.
/// assert!(matches!(replies[0].event, Event::Failed(_)));
/// assert_eq!(replies[0].id, RequestId(7));
/// assert!(!engine.step(&mut |_, reply| replies.push(reply)));
/// ```
#[derive(Debug)]
pub struct Engine<C> {
    pub(super) clock: Clock,
    pub(super) limits: Limits,
    pub(super) session: Option<Session>,
    pub(super) loading: bool,
    /// Waiting requests, in order of arrival.
    pub(super) queue: VecDeque<Entry<C>>,
    /// Requests that are being processed.
    pub(super) active: Vec<Active<C>>,
    /// Clients with sequences, each with its number as their owner.
    pub(super) owners: Vec<(C, u64)>,
    pub(super) next_owner: u64,
    /// Counts steps, so that the rest of a prefill budget goes to clients in turn.
    pub(super) steps: usize,
    pub(super) prefill_budget: PrefillBudget,
    /// How many active requests waited for the device that reads texts in the last step.
    pub(super) waiting: usize,
    pub(super) stats: Stats,
}

impl<C: Clone + PartialEq> Engine<C> {
    /// An engine without a model, with the default limits for one person.
    pub fn new(clock: Clock) -> Self {
        Engine::with_limits(clock, Limits::default())
    }

    /// An engine without a model, with these limits.
    pub fn with_limits(clock: Clock, limits: Limits) -> Self {
        Engine {
            clock,
            limits,
            session: None,
            loading: false,
            queue: VecDeque::new(),
            active: Vec::new(),
            owners: Vec::new(),
            next_owner: 0,
            steps: 0,
            prefill_budget: PrefillBudget::default(),
            waiting: 0,
            stats: Stats::default(),
        }
    }

    /// The number of requests that wait or are being processed.
    pub fn pending(&self) -> usize {
        self.queue.len() + self.active.len()
    }

    /// What the engine is doing and has done so far.
    pub fn stats(&self) -> Stats {
        let stats =
            Stats { waiting: self.queue.len(), active: self.active.len(), ..self.stats };
        match &self.session {
            None => stats,
            Some(session) => Stats {
                sequences: session.non_empty_sequences(),
                cache_bytes: session.cache_bytes(),
                evicted: session.evicted(),
                forward_tokens: session.forward_tokens(),
                ..stats
            },
        }
    }

    /// The loaded model; `None` if there is none.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Sets whether a model is being loaded: while there is no model, requests then fail
    /// with [`ErrorCode::Loading`] instead of [`ErrorCode::NoModel`].
    pub fn set_loading(&mut self, loading: bool) {
        self.loading = loading;
    }

    /// Replaces the model. All pending requests end as cancelled, because they were meant
    /// for the old model.
    pub fn set_session(&mut self, session: Session, emit: &mut dyn FnMut(&C, Reply)) {
        self.take_session(emit);
        self.prefill_budget = PrefillBudget::new(session.description().parameters);
        self.session = Some(session);
        self.loading = false;
    }

    /// Removes and returns the model, so that another one can have its memory and
    /// threads. All pending requests end as cancelled.
    pub fn take_session(&mut self, emit: &mut dyn FnMut(&C, Reply)) -> Option<Session> {
        let active = std::mem::take(&mut self.active).into_iter();
        let waiting = std::mem::take(&mut self.queue);
        for entry in active.map(|active| active.entry).chain(waiting) {
            entry.cancel(emit);
        }
        self.owners.clear();
        self.session.take()
    }

    /// Accepts a request. A request that needs no computation is answered at once, a
    /// [`Command::Cancel`] takes effect at once, and the others are queued for
    /// [`step`](Self::step).
    pub fn submit(
        &mut self,
        client: C,
        request: Request,
        emit: &mut dyn FnMut(&C, Reply),
    ) {
        let Request { id, command } = request;
        let event = match command {
            Command::Cancel { request } => {
                self.cancel_matching(
                    |entry| entry.client == client && entry.id == request,
                    emit,
                );
                return;
            }
            command => self.accept(&client, id, command),
        };
        if let Some(event) = event {
            emit(&client, Reply { id, event });
        }
    }

    /// Queues a command, or returns its terminal event if it has one already.
    fn accept(&mut self, client: &C, id: RequestId, command: Command) -> Option<Event> {
        let Some(session) = &mut self.session else {
            return Some(Event::Failed(match self.loading {
                true => loading(),
                false => EngineError::NoModel.failure(),
            }));
        };
        if matches!(command, Command::Describe) {
            return Some(Event::Ready(session.description().clone()));
        }
        let waiting = self.queue.len();
        if waiting >= self.limits.waiting {
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

    /// Ends all requests of a client that has left, without any event, and gives up the
    /// ownership of its sequences.
    pub fn forget(&mut self, client: &C) {
        self.queue.retain(|entry| entry.client != *client);
        while let Some(index) =
            self.active.iter().position(|active| active.entry.client == *client)
        {
            self.remove_active(index);
        }
        if let Some(index) = self.owners.iter().position(|(owner, _)| owner == client) {
            let (_, owner) = self.owners.swap_remove(index);
            if let Some(session) = &mut self.session {
                session.disown(owner);
            }
        }
    }

    /// Cancels the first request that matches; active requests come first.
    fn cancel_matching(
        &mut self,
        matches: impl Fn(&Entry<C>) -> bool,
        emit: &mut dyn FnMut(&C, Reply),
    ) {
        let active = self.active.iter().position(|active| matches(&active.entry));
        let entry = match active {
            Some(index) => Some(self.remove_active(index)),
            None => self
                .queue
                .iter()
                .position(matches)
                .and_then(|index| self.queue.remove(index)),
        };
        if let Some(entry) = entry {
            entry.cancel(emit);
        }
    }

    /// Removes an active request and releases its sequence.
    fn remove_active(&mut self, index: usize) -> Entry<C> {
        let Active { mut entry, slot, .. } = self.active.remove(index);
        if let Some(session) = &mut self.session {
            entry.job.release(session);
            session.release(slot);
        }
        entry
    }
}

fn loading() -> Failure {
    Failure {
        code: ErrorCode::Loading,
        message: "The model is still being loaded.".into(),
        hint: Some("Try again in a moment.".into()),
    }
}

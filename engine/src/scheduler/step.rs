//! One step of the engine: it admits requests, reads tokens for all active ones in one
//! pass, and advances each.

use std::time::Duration;

use protocol::{Event, Reply};

use super::context::{Context, Outcome};
use super::engine::Engine;
use super::entry::{Active, Entry};
use super::shares::shares;
use crate::error::{EngineError, Result};
use crate::session::{ReadRequest, Session};

/// How long a step waits for an engine elsewhere if there is nothing else to do. Requests
/// that come meanwhile wait as long.
const AWAIT: Duration = Duration::from_millis(1);

impl<C: Clone + PartialEq> Engine<C> {
    /// Works for a bounded time, about 60 ms unless a single token takes longer. Returns
    /// whether there is more to do.
    pub fn step(&mut self, emit: &mut dyn FnMut(&C, Reply)) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        self.admit(&mut session, emit);
        if !self.active.is_empty() {
            self.steps = self.steps.wrapping_add(1);
            let before = self.active.len();
            let read = self.read(&mut session, emit);
            let waiting = read.as_ref().map_or(0, |waiting| *waiting);
            let awaiting = self.advance(&mut session, read.map(drop), emit);
            // What has ended may have made room for what waits in the queue.
            self.waiting = if self.active.len() == before { waiting } else { 0 };
            if awaiting > 0 && awaiting == self.active.len() {
                session.wait(AWAIT);
            }
            session.evict_idle(self.limits.cache());
        }
        self.session = Some(session);
        !self.active.is_empty() || !self.queue.is_empty()
    }

    /// Admits waiting requests: the first of each client that has no active one.
    fn admit(&mut self, session: &mut Session, emit: &mut dyn FnMut(&C, Reply)) {
        let mut index = 0;
        while self.active.len() < self.limits.active && index < self.queue.len() {
            let client = &self.queue[index].client;
            let has_active =
                self.active.iter().any(|active| active.entry.client == *client);
            let has_earlier =
                self.queue.range(..index).any(|entry| entry.client == *client);
            // A verification takes the memory of a block in f32, an inspection that of a
            // copy of its text: one at a time.
            let must_wait = self.queue[index].job.needs_scratch()
                && self.active.iter().any(|active| active.entry.job.needs_scratch());
            if has_active || has_earlier || must_wait {
                index += 1;
                continue;
            }
            let Entry { client, id, job } = &mut self.queue[index];
            let mut emit_event = |event| emit(client, Reply { id: *id, event });
            let prepared = job.prepare(session, self.clock, &mut emit_event);
            let ended = match prepared {
                Ok(None) => None,
                Ok(Some(event)) => Some(event),
                Err(error) => Some(Event::Failed(error.failure())),
            };
            if let Some(event) = ended {
                emit_event(event);
                self.queue.remove(index);
                // It may have taken long, so nothing more is admitted in this step.
                return;
            }
            if !self.has_memory_for(session, index) {
                return;
            }
            match self.acquire(session, index) {
                Ok(true) => (),
                // Later requests must not overtake it.
                Ok(false) => return,
                Err(error) => {
                    if let Some(Entry { client, id, .. }) = self.queue.remove(index) {
                        let event = Event::Failed(error.failure());
                        emit(&client, Reply { id, event });
                    }
                }
            }
        }
    }

    /// Whether the cache has room for the longest sequence of a request beside the active
    /// ones. A request may run alone whatever its size.
    fn has_memory_for(&self, session: &Session, index: usize) -> bool {
        let active = self.active.iter().map(|active| active.entry.job.max_tokens_held());
        let tokens = active.sum::<usize>() + self.queue[index].job.max_tokens_held();
        let bytes = tokens as u64 * session.bytes_per_token();
        self.active.is_empty() || bytes <= self.limits.cache_bytes
    }

    /// Makes a request active if there is a free sequence for it; returns whether there
    /// was.
    fn acquire(&mut self, session: &mut Session, index: usize) -> Result<bool> {
        let client = self.queue[index].client.clone();
        let owner = self.owner(&client);
        let ids = self.queue[index].job.ids();
        let Some(slot) = session.acquire(ids, Some(owner), self.limits.cache())? else {
            return Ok(false);
        };
        if let Some(entry) = self.queue.remove(index) {
            self.active.push(Active { entry, slot, awaiting: None });
        }
        Ok(true)
    }

    /// The number of a client as an owner of sequences.
    fn owner(&mut self, client: &C) -> u64 {
        if let Some((_, owner)) = self.owners.iter().find(|(known, _)| known == client) {
            return *owner;
        }
        self.next_owner += 1;
        self.owners.push((client.clone(), self.next_owner));
        self.next_owner
    }

    /// Reads tokens for all active requests in one pass over the weights, then computes
    /// the logits that they need in one product. Returns how many of them another device
    /// reads for and has nothing for yet.
    fn read(
        &mut self,
        session: &mut Session,
        emit: &mut dyn FnMut(&C, Reply),
    ) -> Result<usize> {
        let active = &mut self.active;
        let mut needed: Vec<usize> = active
            .iter_mut()
            .map(|Active { entry, slot, .. }| entry.job.tokens_to_read(session, *slot))
            .collect();
        let waiting = self.read_elsewhere(session, &mut needed, emit)?;
        let active = &mut self.active;
        let counts = shares(&needed, self.prefill_budget.tokens(), self.steps);
        let mut parts: Vec<ReadRequest<'_>> = active
            .iter()
            .zip(&counts)
            .filter(|(_, count)| **count > 0)
            .map(|(Active { entry, slot, .. }, count)| ReadRequest {
                slot: *slot,
                ids: entry.job.ids(),
                max_tokens: *count,
            })
            .collect();
        let branches: usize = active.iter().map(|a| a.entry.job.branches().len()).sum();
        let max_tokens = (self.prefill_budget.tokens() / branches.max(1)).max(1);
        let mut branch_counts = Vec::new();
        for Active { entry, .. } in active.iter() {
            let branches = entry.job.branches().iter();
            let branches: Vec<ReadRequest<'_>> = branches
                .map(|(slot, ids)| ReadRequest { slot: *slot, ids, max_tokens })
                .collect();
            let unread = |part: &ReadRequest<'_>| {
                let cached = session.cached_tokens(part.slot, part.ids);
                (part.ids.len() - cached).min(max_tokens)
            };
            branch_counts.push(branches.iter().map(unread).sum::<usize>());
            parts.extend(branches);
        }
        let start = (self.clock.monotonic_ms)();
        session.read(&parts)?;
        let ms = (self.clock.monotonic_ms)() - start;
        let total: usize = counts.iter().chain(&branch_counts).sum();
        self.stats.passes += u64::from(total > 0);
        // A token takes longer in a pass for a single token than in a pass for many.
        let is_text = |tokens: &usize| *tokens > 1;
        let branch_is_text = branches == 1 && branch_counts.iter().any(is_text);
        if needed.iter().any(is_text) || branch_is_text {
            self.prefill_budget.record(total, ms);
        }
        let counts = counts.into_iter().zip(branch_counts);
        for (Active { entry, slot, .. }, (count, of_branches)) in
            active.iter_mut().zip(counts)
        {
            if of_branches > 0 {
                entry.job.record_branches(of_branches, ms);
            }
            if count > 0 {
                let Entry { client, id, job } = entry;
                let mut emit_event = |event| emit(client, Reply { id: *id, event });
                let context = &mut Context {
                    session,
                    slot: *slot,
                    clock: self.clock,
                    prefill_budget: self.prefill_budget,
                    emit: &mut emit_event,
                };
                job.record_read(count, ms, context);
            }
        }
        let mut positions = Vec::new();
        for Active { entry, slot, .. } in active.iter() {
            if session.is_remote() {
                session.name_tokens(*slot, entry.job.named());
                for (index, (slot, _)) in entry.job.branches().iter().enumerate() {
                    let named = entry.job.named_after(index);
                    session.name_tokens(*slot, named.into_iter().collect());
                }
            }
            if let Some(length) = entry.job.logits_position(session, *slot) {
                positions.push((*slot, length));
            }
            let read = entry
                .job
                .branches()
                .iter()
                .filter(|(slot, ids)| session.cached_tokens(*slot, ids) == ids.len());
            positions.extend(read.map(|(slot, ids)| (*slot, ids.len())));
        }
        session.compute_logits(&positions)?;
        Ok(waiting)
    }

    /// Advances each active request. An error of the common computation ends all of them.
    /// Returns how many wait for an engine elsewhere.
    fn advance(
        &mut self,
        session: &mut Session,
        result: Result<()>,
        emit: &mut dyn FnMut(&C, Reply),
    ) -> usize {
        let mut all_awaiting = 0;
        let failure = result.err().map(|error: EngineError| error.failure());
        for Active { entry, slot, awaiting } in std::mem::take(&mut self.active) {
            let Entry { client, id, mut job } = entry;
            let mut emit_event = |event: Event| {
                self.stats.generated_tokens +=
                    u64::from(matches!(event, Event::Token(_)));
                emit(&client, Reply { id, event });
            };
            let mut context = Context {
                session,
                slot,
                clock: self.clock,
                prefill_budget: self.prefill_budget,
                emit: &mut emit_event,
            };
            let outcome = match &failure {
                Some(failure) => Ok(Outcome::Done(Event::Failed(failure.clone()))),
                None => job.step(&mut context),
            };
            let last = match outcome {
                Ok(Outcome::More) => {
                    let entry = Entry { client, id, job };
                    self.active.push(Active { entry, slot, awaiting: None });
                    continue;
                }
                Err(EngineError::Awaited) => {
                    let now = (self.clock.monotonic_ms)();
                    job.record_wait(awaiting.map_or(0.0, |since| now - since));
                    let (entry, awaiting) = (Entry { client, id, job }, Some(now));
                    self.active.push(Active { entry, slot, awaiting });
                    all_awaiting += 1;
                    continue;
                }
                Ok(Outcome::Done(event)) => event,
                Err(error) => Event::Failed(error.failure()),
            };
            emit_event(last);
            job.release(session);
            session.release(slot);
        }
        all_awaiting
    }
}

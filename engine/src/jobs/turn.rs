//! One step of the engine: requests are let in, those that are worked on read together,
//! and each goes on with what that gave.

use protocol::{Event, Reply};

use super::job::{Context, Outcome};
use super::{Active, Engine, Entry};
use crate::error::{EngineError, Result};
use crate::session::{Session, Unread};

impl<C: Clone + PartialEq> Engine<C> {
    /// Works for a bounded time, some 60 ms where the machine allows it. Returns
    /// whether there is more to do.
    pub fn step(&mut self, emit: &mut dyn FnMut(&C, Reply)) -> bool {
        let Some(mut session) = self.session.take() else { return false };
        self.let_in(&mut session, emit);
        if !self.active.is_empty() {
            self.turns = self.turns.wrapping_add(1);
            let result = self.read_together(&mut session, emit);
            self.go_on(&mut session, result, emit);
            session.make_room(self.limits.cache());
        }
        self.session = Some(session);
        !self.active.is_empty() || !self.queue.is_empty()
    }

    /// Lets in those that wait: the first of each client that is not served already.
    fn let_in(&mut self, session: &mut Session, emit: &mut dyn FnMut(&C, Reply)) {
        let mut index = 0;
        while self.active.len() < self.limits.active && index < self.queue.len() {
            let client = &self.queue[index].client;
            let served = self.active.iter().any(|one| one.entry.client == *client);
            let earlier = self.queue.range(..index).any(|one| one.client == *client);
            if served || earlier {
                index += 1;
                continue;
            }
            let Entry { client, id, job } = &mut self.queue[index];
            let mut tell = |event| emit(client, Reply { id: *id, event });
            let prepared = job.prepare(session, self.clock, &mut tell);
            let ended = match prepared {
                Ok(None) => None,
                Ok(Some(event)) => Some(event),
                Err(error) => Some(Event::Failed(error.failure())),
            };
            if let Some(event) = ended {
                tell(event);
                self.queue.remove(index);
                // It may have taken long: whoever waits for us comes first.
                return;
            }
            if !self.fits(session, index) {
                return;
            }
            match self.take_up(session, index) {
                Ok(true) => (),
                // Those that came later must not overtake it.
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

    /// Whether there is memory for what a request may come to, beside the others. Alone,
    /// it may have what it takes.
    fn fits(&self, session: &Session, index: usize) -> bool {
        let active = self.active.iter().map(|active| active.entry.job.most_tokens());
        let tokens = active.sum::<usize>() + self.queue[index].job.most_tokens();
        let bytes = tokens as u64 * session.bytes_per_token();
        self.active.is_empty() || bytes <= self.limits.cache_bytes
    }

    /// Begins to work on a request, if there is a sequence for it.
    fn take_up(&mut self, session: &mut Session, index: usize) -> Result<bool> {
        let client = self.queue[index].client.clone();
        let owner = self.owner(&client);
        let ids = self.queue[index].job.ids();
        let Some(slot) = session.take_up(ids, Some(owner), self.limits.cache())? else {
            return Ok(false);
        };
        if let Some(entry) = self.queue.remove(index) {
            self.active.push(Active { entry, slot });
        }
        Ok(true)
    }

    fn owner(&mut self, client: &C) -> u64 {
        if let Some((_, owner)) = self.owners.iter().find(|(known, _)| known == client) {
            return *owner;
        }
        self.next_owner += 1;
        self.owners.push((client.clone(), self.next_owner));
        self.next_owner
    }

    /// Reads what all need, in one pass over the weights, and forms the logits that are
    /// needed then in one product.
    fn read_together(
        &mut self,
        session: &mut Session,
        emit: &mut dyn FnMut(&C, Reply),
    ) -> Result<()> {
        let active = &mut self.active;
        let needed: Vec<usize> = active
            .iter_mut()
            .map(|Active { entry, slot }| entry.job.unread(session, *slot))
            .collect();
        let counts = shares(&needed, self.pace.tokens(), self.turns);
        let parts: Vec<Unread<'_>> = active
            .iter()
            .zip(&counts)
            .map(|(Active { entry, slot }, count)| Unread {
                slot: *slot,
                ids: entry.job.ids(),
                count: *count,
            })
            .collect();
        let start = (self.clock.monotonic_ms)();
        session.read_together(&parts)?;
        let ms = (self.clock.monotonic_ms)() - start;
        let total: usize = counts.iter().sum();
        self.stats.passes += u64::from(total > 0);
        // A pass for a single token is slower for it than one for many.
        if needed.iter().any(|needed| *needed > 1) {
            self.pace.measured(total, ms);
        }
        for (Active { entry, slot }, count) in active.iter_mut().zip(counts) {
            if count > 0 {
                let Entry { client, id, job } = entry;
                let mut tell = |event| emit(client, Reply { id: *id, event });
                let clock = self.clock;
                let context =
                    &mut Context { session, slot: *slot, clock, emit: &mut tell };
                job.has_read(count, ms, context);
            }
        }
        let wanted = active.iter().filter_map(|Active { entry, slot }| {
            Some((*slot, entry.job.logits_after(session, *slot)?))
        });
        let wanted: Vec<(usize, usize)> = wanted.collect();
        session.form_logits(&wanted)
    }

    /// Has each request go on. A fault in the computation ends all that took part in it.
    fn go_on(
        &mut self,
        session: &mut Session,
        result: Result<()>,
        emit: &mut dyn FnMut(&C, Reply),
    ) {
        let fault = result.err().map(|error: EngineError| error.failure());
        for Active { entry, slot } in std::mem::take(&mut self.active) {
            let Entry { client, id, mut job } = entry;
            let mut tell = |event: Event| {
                self.stats.generated_tokens +=
                    u64::from(matches!(event, Event::Token(_)));
                emit(&client, Reply { id, event });
            };
            let clock = self.clock;
            let mut context = Context { session, slot, clock, emit: &mut tell };
            let outcome = match &fault {
                Some(failure) => Ok(Outcome::Done(Event::Failed(failure.clone()))),
                None => job.step(&mut context),
            };
            let last = match outcome {
                Ok(Outcome::More) => {
                    let entry = Entry { client, id, job };
                    self.active.push(Active { entry, slot });
                    continue;
                }
                Ok(Outcome::Done(event)) => event,
                Err(error) => Event::Failed(error.failure()),
            };
            tell(last);
            session.put_down(slot);
        }
    }
}

/// How many tokens each may read, of those that it needs: all the same, as far as they
/// need so many, and one at least. What then is left of `budget` goes to those that need
/// more, in turn.
fn shares(needed: &[usize], budget: usize, turn: usize) -> Vec<usize> {
    let readers = needed.iter().filter(|needed| **needed > 0).count();
    let share = (budget / readers.max(1)).max(1);
    let mut shares: Vec<usize> = needed.iter().map(|needed| share.min(*needed)).collect();
    let mut left = budget.saturating_sub(shares.iter().sum());
    let count = needed.len();
    for index in (0..count).map(|index| (index + turn) % count) {
        let more = left.min(needed[index] - shares[index]);
        shares[index] += more;
        left -= more;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_alone_gets_all_and_several_share() {
        assert_eq!(shares(&[100], 60, 0), [60]);
        assert_eq!(shares(&[100, 100], 60, 0), [30, 30]);
        assert_eq!(shares(&[10], 60, 0), [10]);
        assert_eq!(shares(&[0, 100], 60, 0), [0, 60]);
    }

    #[test]
    fn what_some_do_not_need_goes_to_the_others_in_turn() {
        assert_eq!(shares(&[1, 100, 100], 60, 0), [1, 39, 20]);
        assert_eq!(shares(&[1, 100, 100], 60, 2), [1, 20, 39]);
    }

    #[test]
    fn everyone_gets_on_however_slow_the_machine_is() {
        assert_eq!(shares(&[1, 1, 100], 1, 0), [1, 1, 1]);
        assert_eq!(shares(&[], 1, 7), [0; 0]);
    }
}

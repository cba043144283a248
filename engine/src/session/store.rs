//! The bounded store of sequences: which text goes on with which, and what makes room.

use protocol::TokenId;

use super::sequence::Sequence;
use super::slot_choice::{SlotChoice, choose_slot};
use super::state::Session;
use crate::error::Result;

/// How much is kept of what was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheLimits {
    /// Sequences, 1 at least.
    pub(crate) sequences: usize,
    /// Bytes of keys, values and states; those that are worked with may take more.
    pub(crate) bytes: u64,
}

/// A sequence gives memory back when it holds more than this many times what it needs.
const MAX_RESERVED_FACTOR: usize = 2;

impl Session {
    /// Acquires a sequence to read a text into, which is then busy until it is
    /// [`release`](Self::release). None if all that there may be are busy.
    ///
    /// # Errors
    /// If there is no memory.
    pub(crate) fn acquire(
        &mut self,
        ids: &[TokenId],
        owner: Option<u64>,
        limits: CacheLimits,
    ) -> Result<Option<usize>> {
        let slot = match choose_slot(&self.sequences, limits.sequences, owner, ids) {
            SlotChoice::Wait => return Ok(None),
            SlotChoice::Continue(slot) => {
                self.trim(slot, ids)?;
                slot
            }
            SlotChoice::Begin(slot) => {
                self.open(slot);
                self.clear(slot);
                slot
            }
            SlotChoice::Copy { from, to, length } => {
                self.open(to);
                self.clear(to);
                let states = self.sequences[from].states.start(length)?;
                let copied = self.model.copy(from, to, length);
                copied.inspect_err(|_| self.model.truncate(to, 0))?;
                self.sequences[to].ids = self.sequences[from].ids[..length].to_vec();
                self.sequences[to].states = states;
                self.sequences[to].reserved = length;
                to
            }
        };
        self.acquisitions += 1;
        let sequence = &mut self.sequences[slot];
        (sequence.owner, sequence.busy, sequence.used) = (owner, true, self.acquisitions);
        Ok(Some(slot))
    }

    /// Says that a sequence is not worked with any more.
    pub(crate) fn release(&mut self, slot: usize) {
        self.sequences[slot].busy = false;
    }

    /// Says that an owner has left: its sequences are anyone's.
    pub(crate) fn disown(&mut self, owner: u64) {
        let owned = self.sequences.iter_mut().filter(|one| one.owner == Some(owner));
        owned.for_each(|sequence| sequence.owner = None);
    }

    /// Clears idle sequences, those that were not used for longest first, until the rest
    /// fits.
    pub(crate) fn make_room(&mut self, limits: CacheLimits) {
        while self.cache_bytes() > limits.bytes {
            let idle = self.sequences.iter().enumerate();
            let idle = idle.filter(|(_, one)| !one.busy && !one.ids.is_empty());
            let Some((slot, _)) = idle.min_by_key(|(_, one)| one.used) else { return };
            self.clear(slot);
        }
    }

    /// Gives back the memory of a sequence that goes on as a much shorter one. Who only
    /// looks back may want the rest again.
    fn trim(&mut self, slot: usize, ids: &[TokenId]) -> Result<()> {
        let sequence = &mut self.sequences[slot];
        let length = sequence.cached_tokens(ids);
        let looks_back = sequence.common_prefix(ids) == ids.len();
        if looks_back || sequence.reserved <= MAX_RESERVED_FACTOR * ids.len() {
            return Ok(());
        }
        sequence.truncate(length);
        sequence.states = sequence.states.start(length)?;
        sequence.reserved = length;
        self.model.truncate(slot, length);
        let copied = self.model.copy(slot, slot, length);
        if copied.is_err() {
            self.clear(slot);
        }
        Ok(copied?)
    }

    /// Bytes of keys, values and states of all sequences.
    pub(crate) fn cache_bytes(&self) -> u64 {
        let tokens: usize = self.sequences.iter().map(|one| one.reserved).sum();
        tokens as u64 * self.bytes_per_token()
    }

    /// Bytes of keys, values and states that a token takes.
    pub(crate) fn bytes_per_token(&self) -> u64 {
        let state = self.model.state_size() * size_of::<f32>();
        (self.model.bytes_per_token() + state) as u64
    }

    /// How many sequences had to make room for others.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// How many sequences there are that hold something.
    pub(crate) fn held(&self) -> usize {
        self.sequences.iter().filter(|one| !one.ids.is_empty()).count()
    }

    fn open(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            self.sequences.push(Sequence::new(self.model.state_size()));
        }
    }

    fn clear(&mut self, slot: usize) {
        if !self.sequences[slot].ids.is_empty() {
            self.evicted += 1;
        }
        self.model.truncate(slot, 0);
        self.sequences[slot] = Sequence::new(self.model.state_size());
    }
}

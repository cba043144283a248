//! The bounded cache of sequences: acquiring one for a text, and evicting others.

use protocol::TokenId;

use super::sequence::Sequence;
use super::slot_choice::{SlotChoice, choose_slot};
use super::state::Session;
use crate::error::Result;

/// The limits of the cache of sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheLimits {
    /// The most sequences, at least 1.
    pub(crate) sequences: usize,
    /// The most bytes of keys, values and hidden states; busy sequences may exceed it.
    pub(crate) bytes: u64,
}

/// A sequence's memory is freed when it has reserved more than this many times what its
/// text needs.
const MAX_RESERVED_FACTOR: usize = 2;

impl Session {
    /// Acquires a sequence to read a text into and returns its slot. It is busy until its
    /// [`release`](Self::release). `None` if all sequences are busy and there may be no
    /// more.
    ///
    /// # Errors
    /// If a copy of a sequence does not fit in memory, or the model cannot copy it.
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
                self.ensure_slot(slot);
                self.clear(slot);
                slot
            }
            SlotChoice::Copy { from, to, length } => {
                self.ensure_slot(to);
                self.clear(to);
                let states = self.sequences[from].states.copy_prefix(length)?;
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

    /// Marks a sequence as idle.
    pub(crate) fn release(&mut self, slot: usize) {
        let sequence = &mut self.sequences[slot];
        (sequence.busy, sequence.asked) = (false, None);
        self.end_reading(slot);
    }

    /// Gives up the ownership of all sequences of an owner who has left.
    pub(crate) fn disown(&mut self, owner: u64) {
        let owned =
            self.sequences.iter_mut().filter(|sequence| sequence.owner == Some(owner));
        owned.for_each(|sequence| sequence.owner = None);
    }

    /// Evicts idle sequences, the least recently used first, until the rest fits.
    pub(crate) fn evict_idle(&mut self, limits: CacheLimits) {
        while self.cache_bytes() > limits.bytes {
            let idle = self.sequences.iter().enumerate();
            let idle =
                idle.filter(|(_, sequence)| !sequence.busy && !sequence.ids.is_empty());
            let Some((slot, _)) = idle.min_by_key(|(_, sequence)| sequence.used) else {
                return;
            };
            self.clear(slot);
        }
    }

    /// Frees memory of a sequence that continues with a much shorter text. If the text is
    /// only a prefix of the sequence, the rest may be needed again and is kept.
    fn trim(&mut self, slot: usize, ids: &[TokenId]) -> Result<()> {
        let sequence = &mut self.sequences[slot];
        let length = sequence.cached_tokens(ids);
        let is_prefix = sequence.common_prefix(ids) == ids.len();
        if is_prefix || sequence.reserved <= MAX_RESERVED_FACTOR * ids.len() {
            return Ok(());
        }
        sequence.truncate(length);
        sequence.reserved = length;
        self.model.truncate(slot, length);
        let shrunk = self.shrink(slot, length);
        // Session and model must agree on what was read.
        shrunk.inspect_err(|_| self.clear(slot))
    }

    /// Moves the first `length` tokens of a sequence into memory of their own size.
    fn shrink(&mut self, slot: usize, length: usize) -> Result<()> {
        let sequence = &mut self.sequences[slot];
        sequence.states = sequence.states.copy_prefix(length)?;
        Ok(self.model.copy(slot, slot, length)?)
    }

    /// Bytes of keys, values and hidden states of all sequences.
    pub(crate) fn cache_bytes(&self) -> u64 {
        let tokens: usize = self.sequences.iter().map(|sequence| sequence.reserved).sum();
        tokens as u64 * self.bytes_per_token()
    }

    /// Bytes of keys, values and hidden state of a token.
    pub(crate) fn bytes_per_token(&self) -> u64 {
        let state = self.model.state_size() * size_of::<f32>();
        (self.model.bytes_per_token() + state) as u64
    }

    /// The number of sequences that were evicted since the model was loaded.
    pub(crate) fn evicted(&self) -> u64 {
        self.evicted
    }

    /// The number of sequences with at least one token.
    pub(crate) fn non_empty_sequences(&self) -> usize {
        self.sequences.iter().filter(|sequence| !sequence.ids.is_empty()).count()
    }

    /// Creates the slot if it is missing.
    fn ensure_slot(&mut self, slot: usize) {
        while self.sequences.len() <= slot {
            self.sequences.push(Sequence::new(self.model.state_size()));
        }
    }

    /// Empties a sequence and frees its memory; counts it as evicted if it had tokens.
    fn clear(&mut self, slot: usize) {
        if !self.sequences[slot].ids.is_empty() {
            self.evicted += 1;
        }
        self.model.truncate(slot, 0);
        let fork = self.sequences[slot].fork;
        self.sequences[slot] =
            Sequence { fork, ..Sequence::new(self.model.state_size()) };
    }
}

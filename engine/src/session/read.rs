//! Reads tokens into sequences.

use inference::Part;
use protocol::TokenId;

use super::state::Session;
use crate::error::Result;

/// Tokens to read into a sequence: at most `max_tokens` of those of `ids` that are not
/// cached.
#[derive(Clone, Copy, Debug)]
pub struct ReadRequest<'a> {
    /// The slot of the sequence. Slot 0 always exists.
    pub slot: usize,
    /// The whole text.
    pub ids: &'a [TokenId],
    /// The most tokens to read.
    pub max_tokens: usize,
}

impl<'a> ReadRequest<'a> {
    /// A request for all tokens that are not cached.
    pub fn whole(slot: usize, ids: &'a [TokenId]) -> Self {
        ReadRequest { slot, ids, max_tokens: usize::MAX }
    }
}

impl Session {
    /// The number of leading `ids` that need not be read for the distribution after all
    /// of them.
    pub fn cached_tokens(&self, slot: usize, ids: &[TokenId]) -> usize {
        self.sequences[slot].cached_tokens(ids)
    }

    /// Reads tokens into several sequences in one pass over the weights. No two requests
    /// may have the same slot. What a sequence has beyond the common prefix with its text
    /// is removed.
    ///
    /// # Errors
    /// If the tokens do not fit in memory or the computation fails. The session stays
    /// usable.
    pub fn read(&mut self, requests: &[ReadRequest<'_>]) -> Result<()> {
        let mut parts = Vec::new();
        for ReadRequest { slot, ids, max_tokens } in requests {
            let cached = self.cached_tokens(*slot, ids);
            let ids = &ids[cached..ids.len().min(cached.saturating_add(*max_tokens))];
            if !ids.is_empty() {
                self.truncate(*slot, cached);
                parts.push(Part { slot: *slot, ids });
            }
        }
        if parts.is_empty() {
            return Ok(());
        }
        for Part { slot, ids } in &parts {
            self.sequences[*slot].states.reserve(ids.len())?;
        }
        let states = self.model.read(&parts).inspect_err(|_| {
            for Part { slot, .. } in &parts {
                self.model.truncate(*slot, self.sequences[*slot].ids.len());
            }
        })?;
        let mut rest = states.as_slice();
        for Part { slot, ids } in parts {
            let (states, others) = rest.split_at(ids.len() * self.model.state_size());
            rest = others;
            self.sequences[slot].states.extend(states);
            let sequence = &mut self.sequences[slot];
            sequence.ids.extend_from_slice(ids);
            sequence.reserved = sequence.reserved.max(sequence.ids.len());
            self.forward_tokens += ids.len() as u64;
        }
        Ok(())
    }

    /// Removes a slot's tokens from `length` on.
    pub(super) fn truncate(&mut self, slot: usize, length: usize) {
        let sequence = &mut self.sequences[slot];
        if length < sequence.ids.len() {
            self.model.truncate(slot, length);
        }
        sequence.truncate(length);
    }

    /// Makes [`read`](Self::read) read the tokens from `length` on again, whose states
    /// were dropped.
    pub(crate) fn read_again_from(&mut self, slot: usize, length: usize) {
        self.truncate(slot, length);
    }
}

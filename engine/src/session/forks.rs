//! Sequences beside those of clients: a text's branches, which are read side by side, and the
//! second text of a comparison.

use protocol::TokenId;

use super::hidden_states::HiddenStates;
use super::sequence::Sequence;
use super::state::Session;
use crate::error::Result;

/// The most sequences of branches.
pub(crate) const MAX_FORKS: usize = 16;
/// The most bytes of the sequences of branches of one request.
const MAX_FORK_BYTES: u64 = 128 << 20;
/// Tokens that are read again rather than copied.
const MAX_REREAD_TOKENS: usize = 16;

impl Session {
    /// How many branches of `length` tokens fit in memory beside a text, 0 to
    /// [`MAX_FORKS`].
    pub(crate) fn affordable_forks(&self, length: usize) -> usize {
        let bytes = length as u64 * self.bytes_per_token();
        ((MAX_FORK_BYTES / bytes.max(1)) as usize).min(MAX_FORKS)
    }

    /// Copies the first `length` tokens of a slot into a slot of their own, which stays busy
    /// until [`drop_fork`](Self::drop_fork). At least one more token must be read into it
    /// before its logits are computed.
    ///
    /// # Errors
    /// If the copy does not fit in memory, or the model cannot copy.
    pub(crate) fn fork(&mut self, from: usize, length: usize) -> Result<usize> {
        let to = self.unused_fork();
        self.copy_to_fork(from, to, length)?;
        self.sequences[to].busy = true;
        Ok(to)
    }

    /// Frees the memory of a branch.
    pub(crate) fn drop_fork(&mut self, slot: usize) {
        self.model.truncate(slot, 0);
        let width = self.model.state_size();
        self.sequences[slot] = Sequence { fork: true, ..Sequence::new(width) };
    }

    /// A slot for the second text of a comparison, beside a slot with the first. It is busy
    /// until its [`release`](Session::release), and keeps what was read for the next
    /// comparison until there are others.
    ///
    /// # Errors
    /// If a copy does not fit in memory, or the model cannot copy.
    pub(crate) fn acquire_second(
        &mut self,
        first: usize,
        ids: &[TokenId],
    ) -> Result<usize> {
        let forks = self.sequences.iter().enumerate();
        let idle = forks.filter(|(_, sequence)| sequence.fork && !sequence.busy);
        let kept = idle
            .map(|(slot, sequence)| (slot, sequence.common_prefix(ids)))
            .max_by_key(|(_, common)| *common)
            .filter(|(_, common)| *common > 0);
        // The last token is read, so that its state is there.
        let shared = self.cached_tokens(first, ids).min(ids.len() - 1);
        let slot = match kept {
            Some((slot, common)) if common + MAX_REREAD_TOKENS >= shared => slot,
            _ => {
                let to = kept.map_or_else(|| self.unused_fork(), |(slot, _)| slot);
                self.drop_fork(to);
                if shared > 0 {
                    self.copy_to_fork(first, to, shared)?;
                }
                to
            }
        };
        self.sequences[slot].busy = true;
        Ok(slot)
    }

    /// An idle slot for a branch, without tokens.
    fn unused_fork(&mut self) -> usize {
        let forks = self.sequences.iter().enumerate();
        let mut idle = forks.filter(|(_, sequence)| sequence.fork && !sequence.busy);
        match idle.next() {
            Some((slot, _)) => {
                self.drop_fork(slot);
                slot
            }
            None => {
                let width = self.model.state_size();
                self.sequences.push(Sequence { fork: true, ..Sequence::new(width) });
                self.sequences.len() - 1
            }
        }
    }

    fn copy_to_fork(&mut self, from: usize, to: usize, length: usize) -> Result<()> {
        let copied = self.model.copy(from, to, length);
        copied.inspect_err(|_| self.model.truncate(to, 0))?;
        self.sequences[to].ids = self.sequences[from].ids[..length].to_vec();
        self.sequences[to].states = HiddenStates::after(length, self.model.state_size());
        self.sequences[to].reserved = length;
        // An engine elsewhere is likely to be asked for as much after a branch.
        self.sequences[to].listed = self.sequences[from].listed;
        Ok(())
    }
}

//! Texts that continue one text and are read side by side, in one pass over the weights.

use protocol::TokenId;

use crate::error::Result;
use crate::session::Session;

/// The slots of a request's branches, and what is to be read into them.
#[derive(Debug, Default)]
pub(super) struct Branches {
    /// Copies of the request's own sequence; empty before they are opened, and if there is
    /// no memory for any.
    forks: Vec<usize>,
    texts: Vec<(usize, Vec<TokenId>)>,
}

impl Branches {
    /// Copies the sequence of `slot`, which has read `length` tokens, up to `count` times:
    /// as often as there is memory for `length + longest` tokens.
    ///
    /// # Errors
    /// If the model cannot copy. A copy that does not fit in memory is no error.
    pub(super) fn open(
        &mut self,
        session: &mut Session,
        slot: usize,
        length: usize,
        (count, longest): (usize, usize),
    ) -> Result<()> {
        let count = count.min(session.affordable_forks(length + longest));
        while self.forks.len() < count {
            match session.fork(slot, length) {
                Ok(fork) => self.forks.push(fork),
                Err(crate::EngineError::OutOfMemory(_)) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// How many texts can be read at once.
    pub(super) fn width(&self) -> usize {
        self.forks.len().max(1)
    }

    /// Sets the texts that are read next, at most [`width`](Self::width), each where most of it is
    /// there already. Without memory for copies, a single text is read into the request's own
    /// `slot`.
    pub(super) fn set_texts(
        &mut self,
        session: &Session,
        slot: usize,
        texts: Vec<Vec<TokenId>>,
    ) {
        self.texts.clear();
        let mut free = self.forks.clone();
        if free.is_empty() {
            free.push(slot);
        }
        for text in texts {
            let best = (0..free.len())
                .max_by_key(|index| session.cached_tokens(free[*index], &text));
            let Some(best) = best else { return };
            self.texts.push((free.swap_remove(best), text));
        }
    }

    /// The texts that are to be read, each with its slot.
    pub(super) fn texts(&self) -> &[(usize, Vec<TokenId>)] {
        &self.texts
    }

    /// Whether all of the texts have been read.
    pub(super) fn are_read(&self, session: &Session) -> bool {
        self.texts
            .iter()
            .all(|(slot, text)| session.cached_tokens(*slot, text) == text.len())
    }

    /// Frees the copies.
    pub(super) fn close(&mut self, session: &mut Session) {
        self.texts.clear();
        for fork in self.forks.drain(..) {
            session.drop_fork(fork);
        }
    }
}

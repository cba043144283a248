//! Reads tokens into the fork of a request, as many at a time as fit in a step.

use inference::Taps;
use protocol::TokenId;

use crate::error::Result;
use crate::scheduler::context::Context;
use crate::scheduler::prefill_budget::PrefillBudget;
use crate::session::Session;

/// The fork of a request, and what was read into it.
#[derive(Debug)]
pub(super) struct Reader {
    budget: PrefillBudget,
    fork: Option<usize>,
    /// Tokens that were read.
    pub(super) tokens: u32,
    /// Milliseconds that this took.
    pub(super) ms: f64,
}

impl Reader {
    /// A reader for a model of `parameters` weights.
    pub(super) fn new(parameters: u64) -> Reader {
        Reader { budget: PrefillBudget::new(parameters), fork: None, tokens: 0, ms: 0.0 }
    }

    /// The number of tokens that fit in a step.
    pub(super) fn tokens_at_once(&self) -> usize {
        self.budget.tokens()
    }

    /// Reads ids after the first `start` tokens of the fork, which begins as a
    /// copy of so many tokens of the request's text. Returns their final hidden states,
    /// [ids, H].
    pub(super) fn read(
        &mut self,
        start: usize,
        ids: &[TokenId],
        taps: &mut Taps,
        context: &mut Context,
    ) -> Result<Vec<f32>> {
        let Context { session, slot, clock, .. } = context;
        let begin = (clock.monotonic_ms)();
        let fork = match self.fork {
            Some(fork) => fork,
            None => session.fork(*slot, start)?,
        };
        self.fork = Some(fork);
        let states = session.read_tapped(fork, start, ids, taps)?;
        let ms = (clock.monotonic_ms)() - begin;
        // A token takes longer in a pass for a single token than in a pass for many.
        if ids.len() > 1 {
            self.budget.record(ids.len(), ms);
        }
        self.tokens += ids.len() as u32;
        self.ms += ms;
        Ok(states)
    }

    /// Frees the fork.
    pub(super) fn release(&mut self, session: &mut Session) {
        if let Some(fork) = self.fork.take() {
            session.drop_fork(fork);
        }
    }
}

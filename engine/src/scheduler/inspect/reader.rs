//! Reads tokens into the forks of a request, as many at a time as fit in a step.

use inference::Taps;
use protocol::TokenId;

use crate::error::{EngineError, Result};
use crate::scheduler::context::Context;
use crate::scheduler::prefill_budget::PrefillBudget;
use crate::session::{ForkPart, Session};

/// The forks of a request, and what was read into them.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Begins as that of the engine.
    budget: Option<PrefillBudget>,
    forks: Vec<usize>,
    /// Tokens that were read.
    pub(super) tokens: u32,
    /// Milliseconds that this took.
    pub(super) ms: f64,
}

impl Reader {
    /// The number of tokens that fit in a step.
    pub(super) fn tokens_at_once(&self, context: &Context) -> usize {
        self.budget.unwrap_or(context.prefill_budget).tokens()
    }

    /// Reads ids after the first `start` tokens of the first fork, which begins as a copy of
    /// so many tokens of the request's text. Returns their final hidden states, [ids, H].
    pub(super) fn read(
        &mut self,
        start: usize,
        ids: &[TokenId],
        taps: &mut Taps,
        context: &mut Context,
    ) -> Result<Vec<f32>> {
        let begin = (context.clock.monotonic_ms)();
        let fork = match self.forks.first() {
            Some(fork) => *fork,
            None => self.open(start, context)?,
        };
        let states = context.session.read_tapped(fork, start, ids, taps)?;
        self.record(ids.len(), (context.clock.monotonic_ms)() - begin, context);
        Ok(states)
    }

    /// The logits after each of several texts, which are read side by side in one pass: the
    /// first so many tokens of the request's text, and then some ids. From text to text, and
    /// from call to call, there are never more of the first: what a fork has of them stays. As
    /// many texts are read as there is memory for forks, but at least one.
    pub(super) fn logits_after_each(
        &mut self,
        texts: &[(usize, &[TokenId])],
        context: &mut Context,
    ) -> Result<Vec<Vec<f32>>> {
        let begin = (context.clock.monotonic_ms)();
        while self.forks.len() < texts.len() {
            match self.open(texts[self.forks.len()].0, context) {
                Ok(_) => (),
                Err(EngineError::OutOfMemory(_)) if !self.forks.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        let parts = self.forks.iter().zip(texts);
        let parts: Vec<ForkPart<'_>> = parts
            .map(|(fork, (start, ids))| ForkPart { fork: *fork, start: *start, ids })
            .collect();
        let logits = context.session.logits_after_each(&parts)?;
        let count = parts.iter().map(|part| part.ids.len()).sum();
        self.record(count, (context.clock.monotonic_ms)() - begin, context);
        Ok(logits)
    }

    /// Frees the forks.
    pub(super) fn release(&mut self, session: &mut Session) {
        for fork in self.forks.drain(..) {
            session.drop_fork(fork);
        }
    }

    /// Opens one more fork with the first `length` tokens of the request's text.
    fn open(&mut self, length: usize, context: &mut Context) -> Result<usize> {
        let fork = context.session.fork(context.slot, length)?;
        self.forks.push(fork);
        Ok(fork)
    }

    fn record(&mut self, tokens: usize, ms: f64, context: &Context) {
        let budget = self.budget.get_or_insert(context.prefill_budget);
        // A token takes longer in a pass for a single token than in a pass for many. Where a
        // step is a single token, there is nothing else to go by.
        if tokens > 1 || budget.tokens() == 1 {
            budget.record(tokens, ms);
        }
        self.tokens += tokens as u32;
        self.ms += ms;
    }
}

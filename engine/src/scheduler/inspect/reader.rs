//! Reads tokens into the scratch sequence of a request, as many at a time as fit in a step.

use inference::Taps;
use protocol::TokenId;

use crate::error::Result;
use crate::scheduler::context::Context;
use crate::scheduler::prefill_budget::PrefillBudget;

/// The scratch sequence of a request, and what was read into it.
#[derive(Debug)]
pub(super) struct Reader {
    budget: PrefillBudget,
    scratch: Option<usize>,
    /// Tokens that were read.
    pub(super) tokens: u32,
    /// Milliseconds that this took.
    pub(super) ms: f64,
}

impl Reader {
    /// A reader for a model of `parameters` weights.
    pub(super) fn new(parameters: u64) -> Reader {
        Reader {
            budget: PrefillBudget::new(parameters),
            scratch: None,
            tokens: 0,
            ms: 0.0,
        }
    }

    /// The number of tokens that fit in a step.
    pub(super) fn tokens_at_once(&self) -> usize {
        self.budget.tokens()
    }

    /// Reads ids after the first `start` tokens of the scratch sequence, which begins as a
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
        let scratch = match self.scratch {
            Some(scratch) => scratch,
            None => session.begin_scratch(*slot, start)?,
        };
        self.scratch = Some(scratch);
        let states = session.read_scratch(scratch, start, ids, taps)?;
        let ms = (clock.monotonic_ms)() - begin;
        // A token takes longer in a pass for a single token than in a pass for many.
        if ids.len() > 1 {
            self.budget.record(ids.len(), ms);
        }
        self.tokens += ids.len() as u32;
        self.ms += ms;
        Ok(states)
    }
}

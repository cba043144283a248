//! Scoring a text: the probability that the model gives to each of its tokens.

use protocol::{Event, ScoredToken, Timings, TokenId};

use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;
use crate::session::Session;

/// Tokens that are scored at once: their logits take 3 MB for a vocabulary of 49,152.
const TOKENS_AT_ONCE: usize = 16;

/// A text that is being scored, from its first token on.
#[derive(Debug)]
pub(super) struct Score {
    ids: Vec<TokenId>,
    scored: Vec<ScoredToken>,
    prefill: PrefillProgress,
}

impl Score {
    pub(super) fn new(ids: Vec<TokenId>) -> Score {
        Score { ids, scored: Vec::new(), prefill: PrefillProgress::default() }
    }

    pub(super) fn timings(&self) -> Timings {
        self.prefill.timings
    }

    pub(super) fn ids(&self) -> &[TokenId] {
        &self.ids
    }

    /// The number of tokens that must be read; 0 while there are hidden states to score
    /// with.
    pub(super) fn tokens_to_read(&mut self, session: &mut Session, slot: usize) -> usize {
        if session.is_remote() {
            return self.prefill.tokens_to_read(&self.ids, session, slot);
        }
        let next = self.scored.len().max(1);
        if next >= self.ids.len() || session.states_from(slot, &self.ids, next - 1) > 0 {
            return 0;
        }
        session.read_again_from(slot, next - 1);
        self.prefill.tokens_to_read(&self.ids, session, slot)
    }

    pub(super) fn record_read(&mut self, count: usize, ms: f64, context: &mut Context) {
        self.prefill.record_read(&self.ids, count, ms, context);
    }

    /// Records that it has waited for an engine elsewhere for so many milliseconds.
    pub(super) fn record_wait(&mut self, ms: f64) {
        self.prefill.timings.prefill_ms += ms as f32;
    }

    /// Scores some more tokens.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, .. } = context;
        if session.cached_tokens(*slot, &self.ids) == self.ids.len()
            && let Some(scored) = session.remote_scores(*slot, &self.ids)?
        {
            self.scored = scored;
            return Ok(self.done(context));
        }
        if session.is_remote() {
            return Ok(Outcome::More);
        }
        if self.scored.is_empty() {
            // The first token has no context, so no score.
            let token = session.token(self.ids[0]);
            self.scored.push(ScoredToken { token, score: None, expected: None });
        }
        let next = self.scored.len();
        if next < self.ids.len() {
            // The token at `next` is scored by the state of the token before it.
            let ready = session.states_from(*slot, &self.ids, next - 1);
            let end = (next + ready.min(TOKENS_AT_ONCE)).min(self.ids.len());
            if end > next {
                self.scored.extend(session.scores(*slot, &self.ids, next..end)?);
            }
        }
        match self.scored.len() == self.ids.len() {
            true => Ok(self.done(context)),
            false => Ok(Outcome::More),
        }
    }

    fn done(&mut self, context: &Context) -> Outcome {
        self.prefill.timings.forward_tokens = context.session.forward_tokens();
        let tokens = std::mem::take(&mut self.scored);
        Outcome::Done(Event::Scored { tokens, timings: self.prefill.timings })
    }
}

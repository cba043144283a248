//! Scoring a text: what the model made of each of its tokens.

use protocol::{Event, ScoredToken, Timings, TokenId};

use super::job::{Context, Outcome, Reading};
use crate::error::Result;

/// Logits are formed for this many tokens at once: 3 MB for a vocabulary of 49,152.
const ROWS: usize = 16;

/// A text that is being scored, from the front.
#[derive(Debug)]
pub(super) struct Score {
    ids: Vec<TokenId>,
    scored: Vec<ScoredToken>,
    reading: Reading,
}

impl Score {
    pub(super) fn new(ids: Vec<TokenId>) -> Score {
        Score { ids, scored: Vec::new(), reading: Reading::default() }
    }

    pub(super) fn timings(&self) -> Timings {
        self.reading.timings
    }

    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        if self.scored.is_empty() {
            // The first token has no context that it could have come from.
            let token = context.session.token(self.ids[0]);
            self.scored.push(ScoredToken { token, score: None });
        }
        let next = self.scored.len();
        if next == self.ids.len() {
            return Ok(self.done(context));
        }
        // The token at `next` is scored by the state of the token before it.
        let ready = context.session.states_from(&self.ids, next - 1);
        if ready == 0 {
            context.session.read_again_from(next - 1);
            self.reading.advance(&self.ids, context)?;
            return Ok(Outcome::More);
        }
        let end = (next + ready.min(ROWS)).min(self.ids.len());
        self.scored.extend(context.session.scores(&self.ids, next..end)?);
        match end == self.ids.len() {
            true => Ok(self.done(context)),
            false => Ok(Outcome::More),
        }
    }

    fn done(&mut self, context: &Context) -> Outcome {
        self.reading.timings.forward_tokens = context.session.forward_tokens();
        let tokens = std::mem::take(&mut self.scored);
        Outcome::Done(Event::Scored { tokens, timings: self.reading.timings })
    }
}

//! A distribution that is computed once more and compared.

use inference::reference::ReferenceLogits;
use protocol::{Event, Phase, Progress, TokenId};

use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;
use crate::session::Session;

/// A text whose distribution is held against a second computation.
#[derive(Debug)]
pub(super) struct Verify {
    pub(super) ids: Vec<TokenId>,
    candidates: u32,
    pub(super) prefill: PrefillProgress,
    /// The model's own logits; `None` before its text is read.
    logits: Option<Vec<f32>>,
    reference: ReferenceLogits,
    reference_ms: f64,
}

impl Verify {
    pub(super) fn new(ids: Vec<TokenId>, candidates: u32) -> Verify {
        Verify {
            reference: ReferenceLogits::new(&ids),
            ids,
            candidates,
            prefill: PrefillProgress::default(),
            logits: None,
            reference_ms: 0.0,
        }
    }

    /// Whether it still needs the model's own logits.
    pub(super) fn needs_logits(&self) -> bool {
        self.logits.is_none()
    }

    /// The number of tokens that must be read for the model's own logits.
    pub(super) fn tokens_to_read(&mut self, session: &Session, slot: usize) -> usize {
        match self.logits {
            Some(_) => 0,
            None => self.prefill.tokens_to_read(&self.ids, session, slot),
        }
    }

    /// Takes the model's own logits, or goes on with the second computation.
    pub(super) fn step(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, clock, emit, .. } = context;
        let Some(logits) = &self.logits else {
            self.logits = session.last_logits(*slot, self.ids.len())?;
            self.prefill.timings.forward_tokens = session.forward_tokens();
            return Ok(Outcome::More);
        };
        let start = (clock.monotonic_ms)();
        let before = session.reference_progress(&self.reference)?;
        let reference = session.step_reference(&mut self.reference)?;
        self.reference_ms += (clock.monotonic_ms)() - start;
        let Some(reference) = reference else {
            let (done, total) = session.reference_progress(&self.reference)?;
            if (done, total) != before {
                emit(Event::Progress(Progress {
                    phase: Phase::Verify,
                    done,
                    total: Some(total),
                    per_second: None,
                }));
            }
            return Ok(Outcome::More);
        };
        let (position, candidates) = (self.ids.len(), self.candidates as usize);
        let mut verification =
            session.verification(position, logits, &reference, candidates)?;
        verification.timings = self.prefill.timings;
        verification.reference_ms = self.reference_ms as f32;
        Ok(Outcome::Done(Event::Verified(Box::new(verification))))
    }
}

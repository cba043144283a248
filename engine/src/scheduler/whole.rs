//! A whole distribution, packed.

use inference::distribution::log_probabilities;
use protocol::{Event, LogProbabilities, TokenId};

use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;

/// A text whose whole next-token distribution is requested.
#[derive(Debug)]
pub(super) struct WholeDistribution {
    pub(super) ids: Vec<TokenId>,
    pub(super) prefill: PrefillProgress,
}

impl WholeDistribution {
    pub(super) fn new(ids: Vec<TokenId>) -> WholeDistribution {
        WholeDistribution { ids, prefill: PrefillProgress::default() }
    }

    /// Packs the distribution. All tokens must have been read.
    pub(super) fn answer(&mut self, context: &mut Context) -> Result<Outcome> {
        let Context { session, slot, .. } = context;
        let logits = session.whole_logits(*slot, &self.ids)?;
        let values = log_probabilities(&logits)?;
        let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
        self.prefill.timings.forward_tokens = session.forward_tokens();
        let timings = self.prefill.timings;
        let packed = LogProbabilities::pack(self.ids.len() as u32, &values);
        let packed = LogProbabilities { timings, ..packed };
        Ok(Outcome::Done(Event::LogProbabilities(packed)))
    }
}

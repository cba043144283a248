//! A request for one distribution.

use inference::distribution::View;
use protocol::{Event, SamplerSettings, TokenId};

use super::context::{Context, Outcome};
use super::prefill::PrefillProgress;
use crate::error::Result;

/// A text whose next-token distribution is requested.
#[derive(Debug)]
pub(super) struct NextToken {
    pub(super) ids: Vec<TokenId>,
    pub(super) settings: SamplerSettings,
    pub(super) candidates: u32,
    pub(super) watch: Vec<TokenId>,
    pub(super) prefill: PrefillProgress,
}

impl NextToken {
    /// Computes the distribution. All tokens must have been read.
    pub(super) fn answer(&mut self, context: &mut Context) -> Result<Outcome> {
        let view = View {
            settings: &self.settings,
            position: self.ids.len() as u32,
            candidates: self.candidates as usize,
            watch: &self.watch,
        };
        let Context { session, slot, .. } = context;
        let mut distribution = session.distribution(*slot, &self.ids, view)?;
        self.prefill.timings.forward_tokens = session.forward_tokens();
        distribution.timings = self.prefill.timings;
        Ok(Outcome::Done(Event::Distribution(distribution)))
    }
}

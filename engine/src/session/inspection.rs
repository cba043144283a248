//! What is found inside of the model. It is read in a fork, a copy of the beginning of a
//! text, so that what the session has read stays as it is.

use inference::inside::{
    attribution_parts, contributions, final_states, lens_layers, most_probable,
};
use inference::{Part, Taps};
use model_files::config::Config;
use protocol::{AttributionPart, LensLayer, TokenId};

use super::state::Session;
use crate::error::Result;

impl Session {
    /// The shape of the model.
    pub(crate) fn config(&self) -> &Config {
        self.model.config()
    }

    /// Reads ids into a [`fork`](Self::fork) after its first `start` tokens, with which it
    /// is left if the session reads into it. Returns their final hidden states, [ids, H],
    /// and appends what `taps` ask for to them.
    ///
    /// # Errors
    /// If the tokens do not fit in memory or the computation fails.
    pub(crate) fn read_tapped(
        &mut self,
        fork: usize,
        start: usize,
        ids: &[TokenId],
        taps: &mut Taps,
    ) -> Result<Vec<f32>> {
        if start < self.model.cached(fork) {
            self.model.truncate(fork, start);
        }
        self.sequences[fork].truncate(start);
        let read = self.model.read_tapped(Part { slot: fork, ids }, taps);
        let states = read.inspect_err(|_| self.model.truncate(fork, start))?;
        let reserved = &mut self.sequences[fork].reserved;
        *reserved = (*reserved).max(start + ids.len());
        self.forward_tokens += ids.len() as u64;
        Ok(states)
    }

    /// The logits after a hidden state, [1, H].
    ///
    /// # Errors
    /// If the computation fails.
    pub(crate) fn logits_after(&mut self, state: &[f32]) -> Result<Vec<f32>> {
        Ok(self.model.logits(state)?.values()?)
    }

    /// What residual streams predict, row by row, [rows, H], at most so many tokens each.
    /// `followed` gets the most probable token of the last row, if it has none yet, and
    /// then those of `follow`.
    ///
    /// # Errors
    /// If the computation fails, or the model produces NaN or infinity.
    pub(crate) fn lens(
        &mut self,
        streams: &[f32],
        top: usize,
        follow: &[TokenId],
        followed: &mut Vec<TokenId>,
    ) -> Result<Vec<LensLayer>> {
        let states = final_states(&*self.model, streams)?;
        let logits = self.model.logits(&states)?;
        if followed.is_empty() {
            let values = logits.values()?;
            let last = values.len().saturating_sub(self.config().vocab_size);
            followed.push(most_probable(&values[last..])?);
            followed.extend_from_slice(follow);
        }
        Ok(lens_layers(logits, top, followed, &|id| self.token(id))?)
    }

    /// The parts of the model that add to its logits.
    pub(crate) fn attribution_parts(&self) -> Vec<AttributionPart> {
        attribution_parts(&*self.model)
    }

    /// What each of these parts adds to a token's logit; `stream` is that of one position
    /// as taps keep it.
    ///
    /// # Errors
    /// If weights cannot be brought from their device.
    pub(crate) fn contributions(&self, stream: &[f32], id: TokenId) -> Result<Vec<f64>> {
        Ok(contributions(&*self.model, stream, id)?)
    }
}

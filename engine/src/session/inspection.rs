//! What is found inside of the model. It is read in a scratch sequence, a copy of the
//! beginning of a text, so that what the session has read stays as it is.

use inference::inside::{
    attribution_parts, contributions, final_states, lens_layers, most_probable,
};
use inference::{Part, Taps};
use model_files::config::Config;
use protocol::{AttributionPart, LensLayer, TokenId};

use super::sequence::Sequence;
use super::state::Session;
use crate::error::Result;

impl Session {
    /// The shape of the model.
    pub(crate) fn config(&self) -> &Config {
        self.model.config()
    }

    /// Copies the first `length` tokens of a busy slot to a scratch sequence and returns
    /// its slot. It is freed when the busy slot is released.
    ///
    /// # Errors
    /// If the copy does not fit in memory, or the model cannot copy.
    pub(crate) fn begin_scratch(&mut self, of: usize, length: usize) -> Result<usize> {
        let scratch = self.sequences.len();
        let sequence = Sequence::new(self.model.state_size());
        self.sequences.push(Sequence {
            busy: true,
            scratch_of: Some(of),
            reserved: length,
            ..sequence
        });
        let copied = self.model.copy(of, scratch, length);
        copied.inspect_err(|_| self.end_scratch(of))?;
        Ok(scratch)
    }

    /// Frees the scratch sequence of a slot, if it has one.
    pub(super) fn end_scratch(&mut self, of: usize) {
        let is_scratch = |sequence: &Sequence| sequence.scratch_of == Some(of);
        let Some(scratch) = self.sequences.iter().position(is_scratch) else { return };
        self.model.truncate(scratch, 0);
        self.sequences[scratch] = Sequence::new(self.model.state_size());
        // It was one more than there may be.
        if scratch + 1 == self.sequences.len() {
            self.sequences.pop();
        }
    }

    /// Reads ids into a scratch sequence after its first `start` tokens. Returns their
    /// final hidden states, [ids, H], and appends what `taps` ask for to them.
    ///
    /// # Errors
    /// If the tokens do not fit in memory or the computation fails.
    pub(crate) fn read_scratch(
        &mut self,
        scratch: usize,
        start: usize,
        ids: &[TokenId],
        taps: &mut Taps,
    ) -> Result<Vec<f32>> {
        if start < self.model.cached(scratch) {
            self.model.truncate(scratch, start);
        }
        let read = self.model.read_tapped(Part { slot: scratch, ids }, taps);
        let states = read.inspect_err(|_| self.model.truncate(scratch, start))?;
        let reserved = &mut self.sequences[scratch].reserved;
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

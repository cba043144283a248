//! What is found inside of the model. It is read in a fork, a copy of the beginning of a
//! text, so that what the session has read stays as it is.

use inference::inside::{attribution_parts, contributions, final_states, lens_layer};
use inference::{Part, Taps};
use model_files::config::Config;
use protocol::{AttributionPart, LensLayer, TokenId};

use super::state::Session;
use crate::error::Result;

/// What is read into a [`fork`](Session::fork).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ForkPart<'a> {
    pub(crate) fork: usize,
    /// The tokens of the fork that stay; those after them are forgotten.
    pub(crate) start: usize,
    pub(crate) ids: &'a [TokenId],
}

impl Session {
    /// The shape of the model.
    ///
    /// # Errors
    /// If it runs elsewhere.
    pub(crate) fn config(&self) -> Result<&Config> {
        Ok(self.model.here()?.config())
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
        let part = ForkPart { fork, start, ids };
        self.shorten(&part);
        let read = self.model.here_mut()?.read_tapped(Part { slot: fork, ids }, taps);
        let states = read.inspect_err(|_| self.model.truncate(fork, start))?;
        self.count_read(&part);
        Ok(states)
    }

    /// Reads ids into several forks in one pass over the weights, which session and forks are
    /// left with as by [`read_tapped`](Self::read_tapped). No part is empty. Returns the logits
    /// after each.
    ///
    /// # Errors
    /// As [`read_tapped`](Self::read_tapped).
    pub(crate) fn logits_after_each(
        &mut self,
        parts: &[ForkPart<'_>],
    ) -> Result<Vec<Vec<f32>>> {
        parts.iter().for_each(|part| self.shorten(part));
        let of_model = parts.iter().map(|part| Part { slot: part.fork, ids: part.ids });
        let read = self.model.read(&of_model.collect::<Vec<_>>());
        let states = read.inspect_err(|_| {
            parts.iter().for_each(|part| self.model.truncate(part.fork, part.start));
        })?;
        parts.iter().for_each(|part| self.count_read(part));
        let width = self.model.state_size();
        let mut last = Vec::with_capacity(parts.len() * width);
        let mut end = 0;
        for part in parts {
            end += part.ids.len() * width;
            last.extend_from_slice(&states[end - width..end]);
        }
        let (logits, vocab_size) = self.model.logits(&last)?.into_values()?;
        Ok(logits.chunks_exact(vocab_size.max(1)).map(<[f32]>::to_vec).collect())
    }

    /// Has a fork forget what comes after the start of a part.
    fn shorten(&mut self, part: &ForkPart<'_>) {
        let cached = self.model.here().map_or(0, |model| model.cached(part.fork));
        if part.start < cached {
            self.model.truncate(part.fork, part.start);
        }
        self.sequences[part.fork].truncate(part.start);
    }

    /// Counts what was read of a part.
    fn count_read(&mut self, part: &ForkPart<'_>) {
        let reserved = &mut self.sequences[part.fork].reserved;
        *reserved = (*reserved).max(part.start + part.ids.len());
        self.forward_tokens += part.ids.len() as u64;
    }

    /// The logits after a hidden state, [1, H].
    ///
    /// # Errors
    /// If the computation fails, or the model runs elsewhere.
    pub(crate) fn logits_after(&mut self, state: &[f32]) -> Result<Vec<f32>> {
        Ok(self.model.logits(state)?.into_values()?.0)
    }

    /// The logits of residual streams, [rows, H]: [rows, V], row by row, and V.
    ///
    /// # Errors
    /// If the computation fails.
    pub(crate) fn stream_logits(&mut self, streams: &[f32]) -> Result<(Vec<f32>, usize)> {
        let states = final_states(self.model.here()?, streams)?;
        Ok(self.model.logits(&states)?.into_values()?)
    }

    /// What logits predict, `[V]`: at most so many tokens, and those that are followed.
    ///
    /// # Errors
    /// If the model has produced NaN or infinity.
    pub(crate) fn lens_layer(
        &self,
        logits: &[f32],
        top: usize,
        followed: &[TokenId],
    ) -> Result<LensLayer> {
        Ok(lens_layer(logits, top, followed, &|id| self.token(id))?)
    }

    /// The parts of the model that add to its logits.
    ///
    /// # Errors
    /// If it runs elsewhere.
    pub(crate) fn attribution_parts(&self) -> Result<Vec<AttributionPart>> {
        Ok(attribution_parts(self.model.here()?))
    }

    /// What each of these parts adds to a token's logit; `stream` is that of one position
    /// as taps keep it.
    ///
    /// # Errors
    /// If weights cannot be brought from their device.
    pub(crate) fn contributions(&self, stream: &[f32], id: TokenId) -> Result<Vec<f64>> {
        Ok(contributions(self.model.here()?, stream, id)?)
    }
}

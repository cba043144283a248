//! Logits, distributions and scores of cached texts.

use std::ops::Range;

use inference::Logits;
use inference::distribution::{SamplerContext, View};
use protocol::{
    Distribution, Draws, SamplerSettings, ScoredToken, Sweep, SweptKnob, TokenId,
};

use super::state::Session;
use crate::error::{EngineError, Result};

impl Session {
    /// The distribution after `ids`, all of which must be
    /// [cached](Self::cached_tokens). Runs no forward pass. For the same text with other
    /// settings, it does not even run the output head. The view's context is not used: the
    /// sampler's is made of the text and of what the settings allow.
    ///
    /// # Errors
    /// If the model produces NaN or infinity, the computation fails, `ids` are empty or were
    /// not read, or the allowed pattern cannot be used.
    pub fn distribution(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        view: View<'_>,
    ) -> Result<Distribution> {
        let settings = std::slice::from_ref(view.settings);
        self.with_logits(slot, ids, view, settings, |session, logits, view| {
            let distribution = logits.distribution(view, &|id| session.token(id))?;
            let exact = distribution.exact && session.penalises_exactly(view.settings);
            Ok(Distribution { exact, ..distribution })
        })
    }

    /// How often each token is drawn after `ids`, of `count` times; otherwise as
    /// [`distribution`](Self::distribution).
    ///
    /// # Errors
    /// As those of [`distribution`](Self::distribution).
    pub fn draws(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        view: View<'_>,
        count: u32,
    ) -> Result<Draws> {
        let settings = std::slice::from_ref(view.settings);
        self.with_logits(slot, ids, view, settings, |session, logits, view| {
            logits.draws(view, count, &|id| session.token(id))
        })
    }

    /// `q` after `ids` for several values of a knob; otherwise as
    /// [`distribution`](Self::distribution).
    ///
    /// # Errors
    /// As those of [`distribution`](Self::distribution).
    pub fn sweep(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        view: View<'_>,
        swept: (SweptKnob, &[f32]),
    ) -> Result<Sweep> {
        let (knob, values) = swept;
        let settings = values.iter().map(|value| knob.at(view.settings, *value));
        let settings: Vec<SamplerSettings> = settings.collect();
        self.with_logits(slot, ids, view, &settings, |session, logits, view| {
            logits.sweep(view, swept, &|id| session.token(id))
        })
    }

    /// Computes something from the logits after `ids`, which samplers with all of these
    /// settings need.
    fn with_logits<T>(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        view: View<'_>,
        settings: &[SamplerSettings],
        compute: impl FnOnce(&Session, &Logits, View<'_>) -> inference::Result<T>,
    ) -> Result<T> {
        if ids.is_empty() {
            return Err(EngineError::EmptyPrompt);
        }
        self.compute_logits(&[(slot, ids.len())])?;
        let allowed = self.allowed_tokens(ids, view.settings)?;
        let allowed = allowed.as_deref().map(Vec::as_slice);
        let view = View { context: SamplerContext { text: ids, allowed }, ..view };
        self.receive(slot, ids.len(), view, settings)?;
        match &self.sequences[slot].logits {
            Some((_, logits)) => Ok(compute(self, logits, view)?),
            None => Err(not_read()),
        }
    }

    /// Computes logits in one product with the output head. Each position is a slot and
    /// the number of its tokens after which logits are needed, at least 1; those that are
    /// there already are not computed again. An engine elsewhere is only asked for them.
    ///
    /// # Errors
    /// If the computation fails.
    pub(crate) fn compute_logits(&mut self, positions: &[(usize, usize)]) -> Result<()> {
        let is_missing = |(slot, length): &&(usize, usize)| {
            let logits = &self.sequences[*slot].logits;
            logits.as_ref().is_none_or(|(position, _)| position != length)
        };
        let missing: Vec<(usize, usize)> =
            positions.iter().filter(is_missing).copied().collect();
        if self.is_remote() {
            missing.iter().for_each(|(slot, length)| self.ask(*slot, *length));
            return Ok(());
        }
        if missing.is_empty() {
            return Ok(());
        }
        let mut states = Vec::new();
        for (slot, length) in &missing {
            states.extend_from_slice(self.states(*slot, length - 1..*length)?);
        }
        let rows = self.model.logits(&states)?.into_rows()?;
        for ((slot, length), row) in missing.into_iter().zip(rows) {
            self.sequences[slot].logits = Some((length, row));
        }
        Ok(())
    }

    /// The scores of the tokens of `ids` at some positions, which begin at 1 at least.
    /// The hidden states of the tokens before each of them must be stored.
    ///
    /// # Errors
    /// If a state is missing, the model produces NaN or infinity, or the computation
    /// fails.
    pub(crate) fn scores(
        &mut self,
        slot: usize,
        ids: &[TokenId],
        positions: Range<usize>,
    ) -> Result<Vec<ScoredToken>> {
        let states =
            self.sequences[slot].states.rows(positions.start - 1..positions.end - 1);
        let logits = self.model.logits(states.ok_or_else(not_read)?)?;
        let ids = &ids[positions];
        let scores = logits.token_scores(ids)?;
        let scored = ids.iter().zip(scores).map(|(id, place)| ScoredToken {
            token: self.token(*id),
            score: Some(place.score),
            // Ties on a device can name the token itself, or one that is no better.
            expected: (place.score.rank > 1 && place.best != *id)
                .then(|| self.token(place.best)),
        });
        Ok(scored.collect())
    }

    /// The number of positions of `ids`, from `start` on, whose hidden states are stored.
    pub(crate) fn states_from(
        &self,
        slot: usize,
        ids: &[TokenId],
        start: usize,
    ) -> usize {
        let kept = self.sequences[slot].states.kept();
        let end = self.cached_tokens(slot, ids).min(kept.end);
        if kept.contains(&start) { end.saturating_sub(start) } else { 0 }
    }

    fn states(&self, slot: usize, positions: Range<usize>) -> Result<&[f32]> {
        self.sequences[slot].states.rows(positions).ok_or_else(not_read)
    }
}

/// The error of a caller that asks for a text that was not read.
fn not_read() -> EngineError {
    EngineError::Unsupported("The text was not read far enough.".into())
}

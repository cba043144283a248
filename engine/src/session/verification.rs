//! Holds what the model computed against a second computation with its weights.

use inference::ModelWeights;
use inference::distribution::{ComparedToken, compare};
use inference::reference::ReferenceLogits;
use protocol::{Timings, Verification, VerifiedToken};

use super::state::Session;
use crate::error::Result;

/// What computes once more.
const CHECKED_BY: &str = "candle, in f32";

impl Session {
    /// The logits that were computed last for a slot, after `length` tokens; `None` if
    /// they were not.
    ///
    /// # Errors
    /// If a copy from the device fails.
    pub(crate) fn last_logits(
        &self,
        slot: usize,
        length: usize,
    ) -> Result<Option<Vec<f32>>> {
        match &self.sequences[slot].logits {
            Some((after, logits)) if *after == length => Ok(Some(logits.values()?)),
            _ => Ok(None),
        }
    }

    /// Goes on with a second computation, for a bounded time. Returns its logits once
    /// they are complete.
    ///
    /// # Errors
    /// If there is no memory for it, or the computation fails.
    pub(crate) fn step_reference(
        &self,
        reference: &mut ReferenceLogits,
    ) -> Result<Option<Vec<f32>>> {
        Ok(reference.step(self.weights()?)?)
    }

    /// How far a second computation has come, and the end, in the same unit.
    ///
    /// # Errors
    /// If the model runs elsewhere.
    pub(crate) fn reference_progress(
        &self,
        reference: &ReferenceLogits,
    ) -> Result<(u64, u64)> {
        Ok(reference.progress(self.weights()?))
    }

    /// Compares logits of the model to those of a second computation, both after
    /// `position` tokens, and lists so many of the most probable tokens.
    ///
    /// # Errors
    /// If a logit is NaN or infinite.
    pub(crate) fn verification(
        &self,
        position: usize,
        logits: &[f32],
        reference: &[f32],
        candidates: usize,
    ) -> Result<Verification> {
        let comparison = compare(logits, reference, candidates)?;
        let shift = |token: &ComparedToken| token.ranks[0].abs_diff(token.ranks[1]);
        let shifts = || comparison.candidates.iter().map(shift);
        let verified = |token: &ComparedToken| VerifiedToken {
            token: self.token(token.id),
            rank: token.ranks[0],
            reference_rank: token.ranks[1],
            probability: token.probabilities[0],
            reference_probability: token.probabilities[1],
        };
        let description = self.description();
        Ok(Verification {
            position: position as u32,
            vocab_size: logits.len() as u32,
            computed_by: format!(
                "{} weights, {}, {}",
                description.precision,
                self.weights()?.computed_by(),
                description.device
            ),
            checked_by: CHECKED_BY.into(),
            largest: verified(&comparison.largest),
            largest_difference: comparison.largest.difference(),
            entropy_bits: comparison.entropy_bits[0],
            reference_entropy_bits: comparison.entropy_bits[1],
            divergence_nats: comparison.divergence_nats,
            same_first: comparison.candidates.first().is_some_and(|c| shift(c) == 0),
            changed_ranks: shifts().filter(|shift| *shift > 0).count() as u32,
            largest_rank_shift: shifts().max().unwrap_or(0),
            candidates: comparison.candidates.iter().map(verified).collect(),
            timings: Timings::default(),
            reference_ms: 0.0,
        })
    }

    fn weights(&self) -> Result<&dyn ModelWeights> {
        Ok(self.model.here()?)
    }
}

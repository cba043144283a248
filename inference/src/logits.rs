//! Logits in memory or on the device that computed them.

use candle_core::Tensor;
use protocol::{Distribution, Draws, Sweep, SweptKnob, Token, TokenId};

use crate::distribution::{
    Listed, PlaceScore, View, distribution, distribution_of_listed,
    distribution_on_device, draws, draws_of_listed, draws_on_device, sweep,
    sweep_of_listed, sweep_on_device, token_score, token_scores_on_device,
};
use crate::error::{InferenceError, Result};

/// The logits of T positions, [T, V] in f32.
#[derive(Clone, Debug)]
pub enum Logits {
    /// In memory.
    Host {
        /// [T, V], row by row.
        values: Vec<f32>,
        /// V.
        vocab_size: usize,
    },
    /// On the model's device, which also computes their distributions.
    Device(Tensor),
    /// ln p of some tokens of one position, as an engine elsewhere lists them.
    Listed(Listed),
}

impl Logits {
    /// Splits the logits into T rows, [1, V] each. Every row has memory of its own, so
    /// that one can be kept without the others.
    ///
    /// # Errors
    /// If a copy on the device fails.
    pub fn into_rows(self) -> Result<Vec<Logits>> {
        match self {
            Logits::Host { values, vocab_size } if values.len() == vocab_size => {
                Ok(vec![Logits::Host { values, vocab_size }])
            }
            Logits::Host { values, vocab_size } => {
                let rows = values.chunks_exact(vocab_size.max(1));
                Ok(rows
                    .map(|row| Logits::Host { values: row.to_vec(), vocab_size })
                    .collect())
            }
            Logits::Device(logits) => {
                let rows = 0..logits.dim(0)?;
                rows.map(|row| Ok(Logits::Device(logits.narrow(0, row, 1)?.copy()?)))
                    .collect()
            }
            listed @ Logits::Listed(_) => Ok(vec![listed]),
        }
    }

    /// All logits, [T, V], row by row.
    ///
    /// # Errors
    /// If a copy from the device fails.
    pub fn values(&self) -> Result<Vec<f32>> {
        match self {
            Logits::Host { values, .. } => Ok(values.clone()),
            Logits::Device(logits) => Ok(logits.flatten_all()?.to_vec1()?),
            Logits::Listed(listed) => listed.whole().ok_or(InferenceError::NotListed),
        }
    }

    /// All logits, [T, V], row by row, and V.
    ///
    /// # Errors
    /// If a copy from the device fails.
    pub fn into_values(self) -> Result<(Vec<f32>, usize)> {
        match self {
            Logits::Host { values, vocab_size } => Ok((values, vocab_size)),
            Logits::Device(logits) => {
                Ok((logits.flatten_all()?.to_vec1()?, logits.dim(1)?))
            }
            Logits::Listed(listed) => {
                let values = listed.whole().ok_or(InferenceError::NotListed)?;
                Ok((values, listed.vocab_size()))
            }
        }
    }

    /// The distribution of the logits of one position, [1, V]. `token` returns the token
    /// of an id.
    ///
    /// # Errors
    /// If a logit is NaN or infinite, or the device fails.
    pub fn distribution(
        &self,
        view: View<'_>,
        token: &dyn Fn(TokenId) -> Token,
    ) -> Result<Distribution> {
        match self {
            Logits::Host { values, .. } => distribution(values, view, token),
            Logits::Device(logits) => {
                distribution_on_device(&logits.squeeze(0)?, view, token)
            }
            Logits::Listed(listed) => distribution_of_listed(listed, view, token),
        }
    }

    /// How often each token is drawn of `count` times, by the logits of one position, [1, V].
    ///
    /// # Errors
    /// If a logit is NaN or infinite, or the device fails.
    pub fn draws(
        &self,
        view: View<'_>,
        count: u32,
        token: &dyn Fn(TokenId) -> Token,
    ) -> Result<Draws> {
        match self {
            Logits::Host { values, .. } => draws(values, view, count, token),
            Logits::Device(logits) => {
                draws_on_device(&logits.squeeze(0)?, view, count, token)
            }
            Logits::Listed(listed) => draws_of_listed(listed, view, count, token),
        }
    }

    /// `q` for several values of a knob, by the logits of one position, [1, V].
    ///
    /// # Errors
    /// If a logit is NaN or infinite, or the device fails.
    pub fn sweep(
        &self,
        view: View<'_>,
        swept: (SweptKnob, &[f32]),
        token: &dyn Fn(TokenId) -> Token,
    ) -> Result<Sweep> {
        match self {
            Logits::Host { values, .. } => sweep(values, view, swept, token),
            Logits::Device(logits) => {
                sweep_on_device(&logits.squeeze(0)?, view, swept, token)
            }
            Logits::Listed(listed) => sweep_of_listed(listed, view, swept, token),
        }
    }

    /// The score of one id at each of T positions. All ids must be below V.
    ///
    /// # Errors
    /// If a logit is NaN or infinite, or the device fails.
    pub fn token_scores(&self, ids: &[TokenId]) -> Result<Vec<PlaceScore>> {
        match self {
            Logits::Host { values, vocab_size } => {
                let rows = values.chunks_exact((*vocab_size).max(1));
                ids.iter().zip(rows).map(|(id, row)| token_score(row, *id)).collect()
            }
            Logits::Device(logits) => token_scores_on_device(logits, ids),
            Logits::Listed(_) => Err(InferenceError::NotListed),
        }
    }
}

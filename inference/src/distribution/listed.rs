//! The most probable tokens of a distribution, as an engine elsewhere lists them: ln p instead
//! of logits, and of the tokens that are not listed only how probable they are together.

use std::borrow::Cow;
use std::collections::HashMap;

use super::ranked_logits::{Ranked, RankedLogits};
use super::ranking::ByRank;
use crate::error::{InferenceError, Result};

/// By how much the probabilities of a list may be above 1 in all: engines compute them in as
/// few as 16 bits.
const MOST_ABOVE_ONE: f64 = 0.02;

/// The most probable tokens, each with ln p at temperature 1, and some that were named.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// By falling ln p; equal ones by rising id.
    top: Vec<Ranked>,
    /// ln p of tokens that were asked for by id, those of the list left out.
    named: HashMap<u32, f32>,
    /// The probability of all tokens that are not in the list, together.
    rest: f64,
    vocab_size: usize,
}

/// Why a list is no part of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It has no tokens.
    #[error("no token is listed")]
    Empty,
    /// An id is not below V.
    #[error("token {0} is listed, which the vocabulary does not have")]
    NoSuchToken(u32),
    /// A token is there twice.
    #[error("token {0} is listed twice")]
    Twice(u32),
    /// ln p is NaN, +∞ or above 0.
    #[error("what is told of token {0} is no probability")]
    NoProbability(u32),
    /// The probabilities are more than 1 in all.
    #[error("the probabilities are more than 1 in all")]
    AboveOne,
}

impl Listed {
    /// A list of tokens, each with ln p, over `vocab_size` tokens. `named` are tokens that
    /// were asked for by id.
    ///
    /// ```
    /// use inference::distribution::Listed;
    ///
    /// let listed = Listed::new(&[(7, 0.25f32.ln()), (3, 0.5f32.ln())], &[], 10)?;
    /// assert!((listed.rest() - 0.25).abs() < 1e-6);
    /// assert!(Listed::new(&[(12, -1.0)], &[], 10).is_err());
    /// # Ok::<(), inference::distribution::ListError>(())
    /// ```
    ///
    /// # Errors
    /// If this is no part of a distribution.
    pub fn new(
        top: &[(u32, f32)],
        named: &[(u32, f32)],
        vocab_size: usize,
    ) -> std::result::Result<Listed, ListError> {
        for (id, log_p) in top.iter().chain(named) {
            if *id as usize >= vocab_size {
                return Err(ListError::NoSuchToken(*id));
            }
            // Numbers of 16 bits can be a little above 0.
            if !log_p.is_finite() || f64::from(*log_p) > MOST_ABOVE_ONE {
                return Err(ListError::NoProbability(*id));
            }
        }
        let mut ranked: Vec<ByRank> = top
            .iter()
            .map(|(id, logit)| ByRank(Ranked { id: *id, logit: *logit }))
            .collect();
        ranked.sort_unstable();
        let top: Vec<Ranked> = ranked.into_iter().map(|ranked| ranked.0).collect();
        let mut ids: Vec<u32> = top.iter().map(|ranked| ranked.id).collect();
        ids.sort_unstable();
        if let Some(pair) = ids.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ListError::Twice(pair[0]));
        }
        if top.is_empty() {
            return Err(ListError::Empty);
        }
        let sum: f64 = top.iter().map(|ranked| f64::from(ranked.logit).exp()).sum();
        if sum > 1.0 + MOST_ABOVE_ONE {
            return Err(ListError::AboveOne);
        }
        let named =
            named.iter().copied().filter(|(id, _)| ids.binary_search(id).is_err());
        let rest = if top.len() == vocab_size { 0.0 } else { (1.0 - sum).max(0.0) };
        Ok(Listed { named: named.collect(), rest, top, vocab_size })
    }

    /// The same list with ln p of further tokens that were named.
    #[must_use]
    pub fn naming(mut self, named: impl IntoIterator<Item = (u32, f32)>) -> Listed {
        let listed = |id: u32| self.top.iter().any(|ranked| ranked.id == id);
        let named: Vec<(u32, f32)> =
            named.into_iter().filter(|(id, _)| !listed(*id)).collect();
        self.named.extend(named);
        self
    }

    /// How many tokens are listed.
    pub fn count(&self) -> usize {
        self.top.len()
    }

    /// V.
    pub fn vocab_size(&self) -> usize {
        self.vocab_size
    }

    /// The probability of all tokens that are not in the list, together.
    pub fn rest(&self) -> f64 {
        self.rest
    }

    /// Whether ln p of a token is known.
    pub fn knows(&self, id: u32) -> bool {
        self.log_probability(id).is_some()
    }

    /// ln p of a token, if it is known.
    pub fn log_probability(&self, id: u32) -> Option<f32> {
        let listed = self.top.iter().find(|ranked| ranked.id == id);
        listed.map(|ranked| ranked.logit).or_else(|| self.named.get(&id).copied())
    }

    /// ln p of every token by id, if all are listed.
    pub fn whole(&self) -> Option<Vec<f32>> {
        if self.top.len() != self.vocab_size {
            return None;
        }
        let mut values = vec![0.0; self.vocab_size];
        for ranked in &self.top {
            values[ranked.id as usize] = ranked.logit;
        }
        Some(values)
    }
}

/// A list as the logits that it stands for.
pub(crate) struct ListedLogits<'a>(pub(crate) &'a Listed);

impl RankedLogits for ListedLogits<'_> {
    fn count(&self) -> usize {
        self.0.top.len()
    }

    fn unlisted(&self) -> usize {
        self.0.vocab_size - self.0.top.len()
    }

    fn values(&self) -> Result<Cow<'_, [f32]>> {
        self.0.whole().map(Cow::Owned).ok_or(InferenceError::NotListed)
    }

    fn highest(&self) -> f32 {
        self.0.top[0].logit
    }

    /// The tokens that are not listed count as one in the second sum, so that the entropy is
    /// that of the list and one token more, which is at most that of the distribution. In the
    /// first sum they count as what they are at a factor of 1; at others, as the most that
    /// they can be.
    fn sums(&mut self, factor: f32) -> Result<(f64, f64)> {
        let (highest, factor) = (f64::from(self.highest()), f64::from(factor));
        let (mut sum, mut weighted) = (0.0, 0.0);
        let mut add = |x: f64, power: f64| {
            sum += power;
            if power > 0.0 {
                weighted += power * x;
            }
        };
        for ranked in &self.0.top {
            let x = (f64::from(ranked.logit) - highest) * factor;
            add(x, x.exp());
        }
        if self.0.rest > 0.0 {
            let lowest = f64::from(self.0.top[self.0.top.len() - 1].logit) - highest;
            let rest = self.0.rest.ln() - highest;
            let tokens = (self.unlisted() as f64).ln();
            // No token of the rest is above the lowest of the list, and a sum of powers is
            // the most where one is as uneven (above 1) or as even (below 1) as can be.
            let most = match factor >= 1.0 {
                true => rest + (factor - 1.0) * lowest.min(rest),
                false => tokens + factor * (rest - tokens),
            };
            let x = if factor == 1.0 { rest } else { most };
            add(x, x.exp());
        }
        Ok((sum, weighted))
    }

    fn sort(&mut self, count: usize) -> Result<usize> {
        Ok(count.min(self.0.top.len()))
    }

    fn ranked(&self, index: usize) -> Ranked {
        self.0.top[index]
    }

    /// The rank of a token that is not listed is the highest that it can have.
    fn logits_and_ranks(&mut self, ids: &[u32]) -> Result<Vec<(f32, u32)>> {
        let ids = ids.iter().map(|id| {
            let place = self.0.top.iter().position(|ranked| ranked.id == *id);
            if let Some(place) = place {
                return Ok((self.0.top[place].logit, place as u32 + 1));
            }
            let log_p = *self.0.named.get(id).ok_or(InferenceError::NotListed)?;
            let above = self.0.named.values().filter(|other| **other > log_p).count();
            Ok((log_p, (self.0.top.len() + above) as u32 + 1))
        });
        ids.collect()
    }
}

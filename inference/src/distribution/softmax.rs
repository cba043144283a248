//! The softmax of logits at temperature 1.

use protocol::TokenScore;

use super::ranked_logits::RankedLogits;
use crate::error::Result;

/// The softmax of V logits at temperature 1, as the sums that determine it.
pub(crate) struct Softmax {
    highest: f64,
    /// ln Σ exp(logit − highest).
    log_sum: f64,
    /// Σ p · (logit − highest).
    mean: f64,
}

impl Softmax {
    pub(crate) fn new(logits: &mut impl RankedLogits) -> Result<Softmax> {
        Ok(Softmax::from_sums(logits.highest(), logits.sums(1.0)?))
    }

    /// Builds the softmax from Σ eˣ and Σ eˣ · x over x = logit − highest.
    pub(super) fn from_sums(highest: f32, (sum, weighted): (f64, f64)) -> Softmax {
        Softmax { highest: highest.into(), log_sum: sum.ln(), mean: weighted / sum }
    }

    /// The score of the token with a logit; `second` is the logit of the second most
    /// probable token, −∞ if there is none.
    pub(super) fn score(&self, logit: f32, rank: u32, second: f32) -> TokenScore {
        let best = (-self.log_sum).exp();
        TokenScore {
            probability: self.probability(logit) as f32,
            rank,
            surprisal_bits: (self.surprisal(logit) / std::f64::consts::LN_2) as f32,
            entropy_bits: self.entropy_bits() as f32,
            best_probability: best as f32,
            margin: (best - self.probability(second)) as f32,
            exact: true,
        }
    }

    pub(crate) fn probability(&self, logit: f32) -> f64 {
        (-self.surprisal(logit)).exp()
    }

    /// −ln p, in nats.
    pub(super) fn surprisal(&self, logit: f32) -> f64 {
        self.log_sum - (f64::from(logit) - self.highest)
    }

    /// The entropy −Σ p log₂ p = (ln Σ exp(x) − Σ p · x) / ln 2 over x = logit − highest,
    /// in bits.
    pub(crate) fn entropy_bits(&self) -> f64 {
        ((self.log_sum - self.mean) / std::f64::consts::LN_2).max(0.0)
    }
}

//! The next-token distribution over the full vocabulary, from logits. Pure: the same
//! logits and settings give the same answer.

mod draw;
mod ranking;
mod sampler;
#[cfg(test)]
mod tests;

use kernels::exponential_sums;
use protocol::{
    Candidate, Distribution, Outside, SamplerSettings, Timings, Token, TokenId,
    TokenScore,
};

use self::draw::unit_draw;
use self::ranking::Ranking;
use self::sampler::Sampler;
use crate::error::{EngineError, Result};

/// What is to be told of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The sampler.
    pub settings: &'a SamplerSettings,
    /// How many tokens precede.
    pub position: u32,
    /// How many of the most probable tokens to list.
    pub candidates: usize,
    /// Ids to report on whatever their rank; all must be below V.
    pub watch: &'a [TokenId],
}

/// Builds the distribution of V logits. `token` gives the token of an id. Probabilities
/// are the softmax over all V, summed in f64.
///
/// # Errors
/// If a logit is NaN or infinite.
pub fn distribution(
    logits: &[f32],
    view: View,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Distribution> {
    let softmax = Softmax::new(logits)?;
    let mut ranking = Ranking::new(logits);
    let sampler = Sampler::new(logits, &mut ranking, view.settings);
    let draw = unit_draw(view.settings.seed, view.position);
    let sampled = sampler.pick(logits, &mut ranking, draw);

    let candidate = |id: TokenId, rank: u32| {
        let logit = logits[id as usize];
        Candidate {
            rank,
            token: token(id),
            logit,
            probability: softmax.probability(logit) as f32,
            sampled_probability: sampler.probability(rank as usize, logit) as f32,
            cut_by: sampler.cut_by(rank as usize),
        }
    };
    let listed = ranking.top(view.candidates).to_vec();
    let candidates: Vec<Candidate> =
        (1..).zip(&listed).map(|(rank, id)| candidate(*id, rank)).collect();
    let sum = |q: &dyn Fn(usize, f32) -> f64| -> f64 {
        listed.iter().enumerate().map(|(i, id)| q(i + 1, logits[*id as usize])).sum()
    };
    let outside_tokens = logits.len() - listed.len();
    let rest = |listed: f64| match outside_tokens {
        0 => 0.0,
        _ => (1.0 - listed).max(0.0) as f32,
    };
    Ok(Distribution {
        position: view.position,
        vocab_size: logits.len() as u32,
        watched: view.watch.iter().map(|id| candidate(*id, ranking.rank(*id))).collect(),
        outside: Outside {
            tokens: outside_tokens as u32,
            probability: rest(sum(&|_, logit| softmax.probability(logit))),
            sampled_probability: rest(sum(&|rank, logit| {
                sampler.probability(rank, logit)
            })),
        },
        entropy_bits: softmax.entropy_bits() as f32,
        greedy: ranking.top(1)[0],
        sampled: candidate(sampled, ranking.rank(sampled)),
        draw,
        stages: sampler.stages.clone(),
        settings: *view.settings,
        timings: Timings::default(),
        candidates,
    })
}

/// What the distribution of V logits gives to one id below V.
///
/// # Errors
/// If a logit is NaN or infinite.
pub fn token_score(logits: &[f32], id: TokenId) -> Result<TokenScore> {
    let softmax = Softmax::new(logits)?;
    let logit = logits[id as usize];
    let above = logits.iter().filter(|other| **other > logit).count();
    let ties = logits[..id as usize].iter().filter(|other| **other == logit).count();
    Ok(TokenScore {
        probability: softmax.probability(logit) as f32,
        rank: (above + ties) as u32 + 1,
        surprisal_bits: (softmax.surprisal(logit) / std::f64::consts::LN_2) as f32,
        entropy_bits: softmax.entropy_bits() as f32,
    })
}

/// The softmax of some logits at temperature 1, as the two sums that it takes.
struct Softmax {
    highest: f64,
    /// ln Σ exp(logit − highest).
    log_sum: f64,
    /// Σ p · (logit − highest).
    mean: f64,
}

impl Softmax {
    fn new(logits: &[f32]) -> Result<Softmax> {
        if logits.is_empty() || !logits.iter().all(|logit| logit.is_finite()) {
            return Err(EngineError::NonFiniteLogits);
        }
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (sum, weighted) = exponential_sums(logits, highest, 1.0);
        let highest = f64::from(highest);
        Ok(Softmax { highest, log_sum: sum.ln(), mean: weighted / sum })
    }

    fn probability(&self, logit: f32) -> f64 {
        (-self.surprisal(logit)).exp()
    }

    /// −ln p, in nats.
    fn surprisal(&self, logit: f32) -> f64 {
        self.log_sum - (f64::from(logit) - self.highest)
    }

    /// −Σ p log₂ p = ln Σ exp − Σ p · (logit − highest), in bits.
    fn entropy_bits(&self) -> f64 {
        ((self.log_sum - self.mean) / std::f64::consts::LN_2).max(0.0)
    }
}

//! Builds distributions from logits.

use candle_core::Tensor;
use protocol::{
    Candidate, Distribution, Outside, SamplerSettings, Timings, Token, TokenId,
};

use super::device::DeviceLogits;
use super::draw::unit_draw;
use super::listed::{Listed, ListedLogits};
use super::ranked_logits::{Ranked, RankedLogits};
use super::ranking::Ranking;
use super::sampler::{Sampler, SamplerContext};
use super::softmax::Softmax;
use crate::error::Result;

/// What to report of a distribution.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The settings of the sampler.
    pub settings: &'a SamplerSettings,
    /// The number of preceding tokens; with the seed it determines the draw.
    pub position: u32,
    /// The number of most probable tokens to list.
    pub candidates: usize,
    /// Ids to report whatever their rank; all must be below V.
    pub watch: &'a [TokenId],
    /// What the sampler must know beside its settings.
    pub context: SamplerContext<'a>,
}

/// Builds the distribution of V logits. `token` returns the token of an id. Probabilities
/// are the softmax over all V, summed in f64.
///
/// ```
/// use inference::distribution::{SamplerContext, View, distribution};
/// use protocol::{SamplerSettings, Token};
///
/// let settings = SamplerSettings::default();
/// let context = SamplerContext::default();
/// let view = View { settings: &settings, position: 3, candidates: 2, watch: &[0], context };
/// let token = |id| Token::new(id, format!("t{id}").into_bytes(), false);
/// let next = distribution(&[0.0, 2.0, 1.0], view, &token)?;
/// assert_eq!(next.greedy, 1);
/// assert_eq!(next.watched[0].rank, 3);
/// let shown: f32 = next.candidates.iter().map(|candidate| candidate.probability).sum();
/// assert!((shown + next.outside.probability - 1.0).abs() < 1e-6);
/// # Ok::<(), inference::InferenceError>(())
/// ```
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn distribution(
    logits: &[f32],
    view: View,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Distribution> {
    build(&mut Ranking::new(logits)?, view, token)
}

/// Builds the distribution of logits `[V]` in f32 on the device that has them. Sums are
/// in f32.
///
/// # Errors
/// If there are no logits, one is NaN or infinite, or the computation fails.
pub fn distribution_on_device(
    logits: &Tensor,
    view: View,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Distribution> {
    build(&mut DeviceLogits::new(logits)?, view, token)
}

/// Builds the distribution of which an engine elsewhere has listed some tokens.
///
/// # Errors
/// If a token is watched of which nothing is known.
pub fn distribution_of_listed(
    listed: &Listed,
    view: View,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Distribution> {
    build(&mut ListedLogits(listed), view, token)
}

fn build(
    logits: &mut impl RankedLogits,
    view: View,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Distribution> {
    let softmax = Softmax::new(logits)?;
    let sampler = Sampler::new(logits, view.settings, view.context)?;
    let draw = unit_draw(view.settings.seed, view.position);
    let (sampled, sampled_rank) = sampler.pick(logits, draw)?;

    let candidate = |ranked: Ranked, rank: usize| Candidate {
        rank: rank as u32,
        token: token(ranked.id),
        logit: ranked.logit,
        probability: softmax.probability(ranked.logit) as f32,
        sampled_probability: sampler.probability(ranked, rank) as f32,
        cut_by: sampler.cut_by(ranked.id, rank),
    };
    let listed = logits.sort(view.candidates.max(1))?;
    let greedy = logits.ranked(0).id;
    let listed = listed.min(view.candidates);
    let ranked = (0..listed).map(|index| (logits.ranked(index), index + 1));
    let (mut probability, mut sampled_probability) = (0.0, 0.0);
    let candidates = ranked.map(|(ranked, rank)| {
        probability += softmax.probability(ranked.logit);
        sampled_probability += sampler.probability(ranked, rank);
        candidate(ranked, rank)
    });
    let candidates: Vec<Candidate> = candidates.collect();
    let outside_tokens = logits.vocab_size() - listed;
    let rest = |all: f64, listed: f64| match outside_tokens {
        0 => 0.0,
        _ => (all - listed).max(0.0) as f32,
    };
    let all_sampled = if sampler.kept() > 0 { 1.0 } else { 0.0 };
    let watched = view.watch.iter().zip(logits.logits_and_ranks(view.watch)?);
    let watched = watched
        .map(|(id, (logit, rank))| candidate(Ranked { id: *id, logit }, rank as usize));
    Ok(Distribution {
        position: view.position,
        vocab_size: logits.vocab_size() as u32,
        exact: logits.unlisted() == 0,
        watched: watched.collect(),
        outside: Outside {
            tokens: outside_tokens as u32,
            probability: rest(1.0, probability),
            sampled_probability: rest(all_sampled, sampled_probability),
        },
        entropy_bits: softmax.entropy_bits() as f32,
        greedy,
        sampled: candidate(sampled, sampled_rank),
        draw,
        stages: sampler.stages.clone(),
        settings: view.settings.clone(),
        timings: Timings::default(),
        candidates,
    })
}

//! A distribution tried out: many draws, and many values of a knob.

use candle_core::Tensor;
use protocol::{
    Candidate, DrawnToken, Draws, Outside, SamplerSettings, Sweep, SweepPoint, SweptKnob,
    SweptToken, Timings, Token, TokenId,
};

use super::build::View;
use super::chi_square::chi_square;
use super::device::DeviceLogits;
use super::draw::unit_draw;
use super::listed::{Listed, ListedLogits};
use super::ranked_logits::{Ranked, RankedLogits};
use super::ranking::Ranking;
use super::sampler::{Drawable, Sampler};
use super::softmax::Softmax;
use crate::error::Result;

/// Draws a token of the distribution of V logits many times, with the seeds from that of the
/// view's settings on. Lists as many tokens as the view says, those with the highest `q`.
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn draws(
    logits: &[f32],
    view: View,
    count: u32,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Draws> {
    draw(&mut Ranking::new(logits)?, view, count, token)
}

/// The same of logits `[V]` in f32 on the device that has them.
///
/// # Errors
/// If there are no logits, one is NaN or infinite, or the computation fails.
pub fn draws_on_device(
    logits: &Tensor,
    view: View,
    count: u32,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Draws> {
    draw(&mut DeviceLogits::new(logits)?, view, count, token)
}

/// Computes `q` of the most probable tokens, as many as the view says, for several values of
/// a knob. All values must be in its range.
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn sweep(
    logits: &[f32],
    view: View,
    (knob, values): (SweptKnob, &[f32]),
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Sweep> {
    turn(&mut Ranking::new(logits)?, view, (knob, values), token)
}

/// The same of logits `[V]` in f32 on the device that has them.
///
/// # Errors
/// If there are no logits, one is NaN or infinite, or the computation fails.
pub fn sweep_on_device(
    logits: &Tensor,
    view: View,
    (knob, values): (SweptKnob, &[f32]),
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Sweep> {
    turn(&mut DeviceLogits::new(logits)?, view, (knob, values), token)
}

/// The same of the tokens that an engine elsewhere has listed.
///
/// # Errors
/// If the sampler cannot be applied.
pub fn draws_of_listed(
    listed: &Listed,
    view: View,
    count: u32,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Draws> {
    draw(&mut ListedLogits(listed), view, count, token)
}

/// `q` for several values of a knob, of the tokens that an engine elsewhere has listed.
///
/// # Errors
/// If the sampler cannot be applied.
pub fn sweep_of_listed(
    listed: &Listed,
    view: View,
    swept: (SweptKnob, &[f32]),
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Sweep> {
    turn(&mut ListedLogits(listed), view, swept, token)
}

fn draw(
    logits: &mut impl RankedLogits,
    view: View,
    count: u32,
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Draws> {
    let softmax = Softmax::new(logits)?;
    let sampler = Sampler::new(logits, view.settings, view.context)?;
    let mut line = Vec::new();
    sampler.lay_out(logits, |drawable| {
        line.push(drawable);
        false
    })?;
    let counts = count_draws(&line, sampler.mass(), view, count);
    let probability =
        |place: &usize| sampler.probability(line[*place].ranked, line[*place].rank);

    let mut order: Vec<usize> = (0..line.len()).collect();
    order.retain(|place| probability(place) > 0.0);
    // The order of the line is by falling p, and equal q keep it.
    order.sort_by(|a, b| probability(b).total_cmp(&probability(a)));
    let classes: Vec<(f64, u32)> =
        order.iter().map(|place| (probability(place), counts[*place])).collect();
    let (chosen, rest) = order.split_at(order.len().min(view.candidates));
    let tokens = chosen.iter().map(|place| {
        let Drawable { ranked, rank, .. } = line[*place];
        DrawnToken {
            candidate: Candidate {
                rank: rank as u32,
                token: token(ranked.id),
                logit: ranked.logit,
                probability: softmax.probability(ranked.logit) as f32,
                sampled_probability: sampler.probability(ranked, rank) as f32,
                cut_by: None,
            },
            draws: counts[*place],
        }
    });
    let tokens: Vec<DrawnToken> = tokens.collect();
    let listed: f64 =
        chosen.iter().map(|place| softmax.probability(line[*place].ranked.logit)).sum();
    let outside = Outside {
        tokens: (logits.vocab_size() - tokens.len()) as u32,
        probability: (1.0 - listed).max(0.0) as f32,
        sampled_probability: rest.iter().map(probability).sum::<f64>() as f32,
    };
    Ok(Draws {
        position: view.position,
        vocab_size: logits.vocab_size() as u32,
        draws: counts.iter().sum(),
        distinct: counts.iter().filter(|count| **count > 0).count() as u32,
        outside,
        outside_draws: rest.iter().map(|place| counts[*place]).sum(),
        chi_square: chi_square(&classes),
        tokens,
        settings: view.settings.clone(),
        timings: Timings::default(),
    })
}

/// How often each token of the line is drawn. Nothing is drawn from an empty line.
fn count_draws(line: &[Drawable], mass: f64, view: View, count: u32) -> Vec<u32> {
    let mut counts = vec![0; line.len()];
    let Some(last) = line.len().checked_sub(1) else { return counts };
    for index in 0..count {
        let seed = view.settings.seed.wrapping_add(index);
        let point = f64::from(unit_draw(seed, view.position)) * mass;
        let place = line.partition_point(|drawable| drawable.sum <= point);
        counts[place.min(last)] += 1;
    }
    counts
}

fn turn(
    logits: &mut impl RankedLogits,
    view: View,
    (knob, values): (SweptKnob, &[f32]),
    token: &dyn Fn(TokenId) -> Token,
) -> Result<Sweep> {
    let softmax = Softmax::new(logits)?;
    let listed = logits.sort(view.candidates)?;
    let listed: Vec<Ranked> = (0..listed).map(|index| logits.ranked(index)).collect();
    let mut points = Vec::with_capacity(values.len());
    for value in values {
        let settings: SamplerSettings = knob.at(view.settings, *value);
        let sampler = Sampler::new(logits, &settings, view.context)?;
        let ranked = listed.iter().zip(1..);
        let q: Vec<f64> =
            ranked.map(|(ranked, rank)| sampler.probability(*ranked, rank)).collect();
        let all = if sampler.kept() > 0 { 1.0 } else { 0.0 };
        points.push(SweepPoint {
            value: *value,
            kept: sampler.kept() as u32,
            outside: match listed.len() < logits.vocab_size() {
                true => (all - q.iter().sum::<f64>()).max(0.0) as f32,
                false => 0.0,
            },
            sampled_probabilities: q.into_iter().map(|q| q as f32).collect(),
        });
    }
    let tokens = listed.into_iter().map(|ranked| SweptToken {
        token: token(ranked.id),
        probability: softmax.probability(ranked.logit) as f32,
    });
    Ok(Sweep {
        position: view.position,
        vocab_size: logits.vocab_size() as u32,
        knob,
        tokens: tokens.collect(),
        points,
        settings: view.settings.clone(),
        timings: Timings::default(),
    })
}

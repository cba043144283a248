//! The scores of the tokens of a text: probability, rank and surprisal of each.

use candle_core::{D, Tensor};
use protocol::{TokenId, TokenScore};

use super::device::logits_and_ranks;
use super::ranking::Ranking;
use super::softmax::Softmax;
use crate::error::{InferenceError, Result};

/// The score of one id, below V, in the distribution of V logits.
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn token_score(logits: &[f32], id: TokenId) -> Result<TokenScore> {
    let softmax = Softmax::new(&mut Ranking::new(logits)?)?;
    let logit = logits[id as usize];
    let above = logits.iter().filter(|other| **other > logit).count();
    let ties = logits[..id as usize].iter().filter(|other| **other == logit).count();
    Ok(softmax.score(logit, (above + ties) as u32 + 1))
}

/// The scores of N ids, all below V, in the distributions of N rows of logits, [N, V] in
/// f32.
///
/// # Errors
/// If a logit is NaN or infinite, or the computation fails.
pub fn token_scores_on_device(
    logits: &Tensor,
    ids: &[TokenId],
) -> Result<Vec<TokenScore>> {
    let highest = logits.max_keepdim(D::Minus1)?;
    let below = logits.broadcast_sub(&highest)?;
    let power = below.exp()?;
    let sums = [power.sum(1)?, (power * below)?.sum(1)?];
    let logits_and_ranks = logits_and_ranks(logits, ids)?;
    let statistics = Tensor::stack(&[&highest.squeeze(1)?, &sums[0], &sums[1]], 0)?;
    let table: Vec<Vec<f32>> =
        Tensor::cat(&[&statistics, &logits_and_ranks], 0)?.to_vec2()?;
    let scores = (0..ids.len()).map(|index| {
        let [highest, sum, weighted, logit, rank] =
            std::array::from_fn(|line| table[line][index]);
        if ![highest, sum, weighted].iter().all(|number| number.is_finite()) {
            return Err(InferenceError::NonFiniteLogits);
        }
        let softmax = Softmax::from_sums(highest, (sum.into(), weighted.into()));
        Ok(softmax.score(logit, rank as u32))
    });
    scores.collect()
}

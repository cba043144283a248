//! The scores of the tokens of a text: probability, rank and surprisal of each, and what was
//! expected in its place.

use candle_core::{D, Tensor};
use protocol::{TokenId, TokenScore};

use super::device::logits_and_ranks;
use super::ranking::Ranking;
use super::softmax::Softmax;
use crate::error::{InferenceError, Result};

/// The score of a token, and the most probable token at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlaceScore {
    /// The token's score.
    pub score: TokenScore,
    /// The most probable token; of several, that with the lowest id in memory, any of them on
    /// a device.
    pub best: TokenId,
}

/// The score of one id, below V, in the distribution of V logits.
///
/// ```
/// use inference::distribution::token_score;
///
/// let scored = token_score(&[0.0, 2.0, 1.0], 2)?;
/// assert_eq!((scored.score.rank, scored.best), (2, 1));
/// let margin = scored.score.best_probability - scored.score.probability;
/// assert!((scored.score.margin - margin).abs() < 1e-6);
/// # Ok::<(), inference::InferenceError>(())
/// ```
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn token_score(logits: &[f32], id: TokenId) -> Result<PlaceScore> {
    let softmax = Softmax::new(&mut Ranking::new(logits)?)?;
    let logit = logits[id as usize];
    let above = logits.iter().filter(|other| **other > logit).count();
    let ties = logits[..id as usize].iter().filter(|other| **other == logit).count();
    let (mut best, mut second) = ((0, f32::NEG_INFINITY), f32::NEG_INFINITY);
    for (id, logit) in (0..).zip(logits) {
        if *logit > best.1 {
            (second, best) = (best.1, (id, *logit));
        } else if *logit > second {
            second = *logit;
        }
    }
    let rank = (above + ties) as u32 + 1;
    Ok(PlaceScore { score: softmax.score(logit, rank, second), best: best.0 })
}

/// The scores of N ids, all below V, in the distributions of N rows of logits, [N, V] in
/// f32.
///
/// # Errors
/// If a logit is NaN or infinite, or the computation fails.
pub fn token_scores_on_device(
    logits: &Tensor,
    ids: &[TokenId],
) -> Result<Vec<PlaceScore>> {
    let highest = logits.max_keepdim(D::Minus1)?;
    let below = logits.broadcast_sub(&highest)?;
    let power = below.exp()?;
    let sums = [power.sum(1)?, (power * &below)?.sum(1)?];
    let best = below.argmax_keepdim(D::Minus1)?;
    let (rows, count) = logits.dims2()?;
    let all = Tensor::arange(0, count as u32, logits.device())?.unsqueeze(0)?;
    let others = all.broadcast_ne(&best)?;
    // The second of a vocabulary of one token has no probability.
    let none = Tensor::full(f32::NEG_INFINITY, (rows, count), logits.device())?;
    let second = others.where_cond(&below, &none)?.max(1)?;
    let logits_and_ranks = logits_and_ranks(logits, ids)?;
    let statistics =
        Tensor::stack(&[&highest.squeeze(1)?, &sums[0], &sums[1], &second], 0)?;
    let table: Vec<Vec<f32>> =
        Tensor::cat(&[&statistics, &logits_and_ranks], 0)?.to_vec2()?;
    let best: Vec<TokenId> = best.squeeze(1)?.to_vec1()?;
    let scores = best.into_iter().take(ids.len()).enumerate().map(|(index, best)| {
        let [highest, sum, weighted, second, logit, rank] =
            std::array::from_fn(|line| table[line][index]);
        if ![highest, sum, weighted].iter().all(|number| number.is_finite()) {
            return Err(InferenceError::NonFiniteLogits);
        }
        let softmax = Softmax::from_sums(highest, (sum.into(), weighted.into()));
        Ok(PlaceScore {
            score: softmax.score(logit, rank as u32, second + highest),
            best,
        })
    });
    scores.collect()
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn what_was_expected_is_the_top_and_the_margin_is_to_the_second() {
        // By hand: the softmax of ln 1, ln 6, ln 3 is 0.1, 0.6, 0.3.
        let logits = [1f32, 6.0, 3.0].map(f32::ln);
        let rows = Tensor::new(&[logits, logits, logits], &Device::Cpu).unwrap();
        let on_device = token_scores_on_device(&rows, &[0, 1, 2]).unwrap();
        for (id, on_device) in (0..3).zip(on_device) {
            for place in [token_score(&logits, id).unwrap(), on_device] {
                let TokenScore { probability, rank, best_probability, margin, .. } =
                    place.score;
                assert_eq!((place.best, rank), (1, [3, 1, 2][id as usize]));
                assert!((probability - [0.1, 0.6, 0.3][id as usize]).abs() < 1e-6);
                assert!((best_probability - 0.6).abs() < 1e-6);
                assert!((margin - 0.3).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn equal_tops_have_no_margin_and_the_lowest_id_is_expected() {
        let place = token_score(&[0.0, 5.0, 5.0], 2).unwrap();
        assert_eq!((place.best, place.score.rank, place.score.margin), (1, 2, 0.0));
        let only = token_score(&[3.0], 0).unwrap();
        assert_eq!((only.best, only.score.margin), (0, 1.0));
    }
}

//! The score of one token of a text.

use protocol::TokenScore;
use serde::{Deserialize, Serialize};

/// How a model predicted a token of a text, at temperature 1. In JSON, an array of the three.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
#[serde(from = "(f64, u32, f64)", into = "(f64, u32, f64)")]
pub struct Score {
    /// The token's probability.
    pub probability: f64,
    /// 1 for the most probable token.
    pub rank: u32,
    /// Entropy, in bits, of the distribution that the token is from.
    pub entropy_bits: f64,
}

impl Score {
    /// The score of an id, which is below V, in the distribution of V finite logits: the
    /// softmax in f64. Of equal logits, those of lower ids come first.
    pub fn of(logits: &[f32], id: u32) -> Score {
        let logit = logits[id as usize];
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let (mut sum, mut weighted) = (0.0, 0.0);
        let mut rank = 1;
        for (other, value) in logits.iter().enumerate() {
            let below = f64::from(value - highest);
            sum += below.exp();
            weighted += below.exp() * below;
            let is_before = *value > logit || (*value == logit && other < id as usize);
            rank += u32::from(is_before);
        }
        Score {
            probability: f64::from(logit - highest).exp() / sum,
            rank,
            entropy_bits: (sum.ln() - weighted / sum) / std::f64::consts::LN_2,
        }
    }
}

impl From<(f64, u32, f64)> for Score {
    fn from((probability, rank, entropy_bits): (f64, u32, f64)) -> Score {
        Score { probability, rank, entropy_bits }
    }
}

impl From<Score> for (f64, u32, f64) {
    fn from(score: Score) -> (f64, u32, f64) {
        (score.probability, score.rank, score.entropy_bits)
    }
}

impl From<TokenScore> for Score {
    fn from(score: TokenScore) -> Score {
        Score {
            probability: f64::from(score.probability),
            rank: score.rank,
            entropy_bits: f64::from(score.entropy_bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_the_softmax_with_ties_by_id() {
        let logits = [0.0, 2f32.ln(), 0.0, f32::MIN];
        let score = Score::of(&logits, 2);
        assert!((score.probability - 0.25).abs() < 1e-7);
        assert_eq!(score.rank, 3);
        assert!((score.entropy_bits - 1.5).abs() < 1e-6);
        assert_eq!(Score::of(&logits, 0).rank, 2);
        assert_eq!(Score::of(&logits, 1).rank, 1);
    }
}

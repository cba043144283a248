//! The scores of a text against those of a reference.

use std::fmt::{Display, Formatter};

use serde::{Deserialize, Serialize};

use crate::score::Score;

/// How far the scores of a text's tokens are from those that a reference gives them.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize)]
pub struct Differences {
    /// How many tokens were compared.
    pub tokens: usize,
    /// The mean difference of the token's probability.
    pub mean_probability: f64,
    /// The 95th percentile of that difference.
    pub most_probability: f64,
    /// The largest of them.
    pub worst_probability: f64,
    /// The mean difference of entropies, in bits.
    pub mean_entropy_bits: f64,
    /// The largest of them.
    pub worst_entropy_bits: f64,
    /// The share of tokens that have the same rank.
    pub same_rank: f64,
}

impl Differences {
    /// Compares scores of the same tokens in the same order. Where there is none, all is NaN.
    ///
    /// # Panics
    /// If there are not as many of one as of the other.
    pub fn between(actual: &[Score], expected: &[Score]) -> Differences {
        assert_eq!(actual.len(), expected.len(), "scores of the same tokens");
        let pairs = || actual.iter().zip(expected);
        let mut probabilities: Vec<f64> =
            pairs().map(|(a, e)| (a.probability - e.probability).abs()).collect();
        probabilities.sort_by(f64::total_cmp);
        let entropies: Vec<f64> =
            pairs().map(|(a, e)| (a.entropy_bits - e.entropy_bits).abs()).collect();
        let same_ranks = pairs().filter(|(a, e)| a.rank == e.rank).count();
        let count = actual.len() as f64;
        // The nearest rank: the least value that 95 % do not exceed.
        let ninety_fifth = (0.95 * count).ceil() as usize;
        let most = probabilities.get(ninety_fifth.saturating_sub(1)).copied();
        Differences {
            tokens: actual.len(),
            mean_probability: probabilities.iter().sum::<f64>() / count,
            most_probability: most.unwrap_or(f64::NAN),
            worst_probability: probabilities.last().copied().unwrap_or(f64::NAN),
            mean_entropy_bits: entropies.iter().sum::<f64>() / count,
            worst_entropy_bits: entropies.iter().copied().fold(f64::NAN, f64::max),
            same_rank: same_ranks as f64 / count,
        }
    }
}

impl Display for Differences {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} tokens: |Δp| {:.6} in the mean, 95 % at most {:.6}, largest {:.6}; \
             |Δ entropy| {:.5} bit in the mean, largest {:.5}; same rank {:.3}",
            self.tokens,
            self.mean_probability,
            self.most_probability,
            self.worst_probability,
            self.mean_entropy_bits,
            self.worst_entropy_bits,
            self.same_rank
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_percentiles_and_ranks_are_those_of_the_pairs() {
        let expected = [Score { probability: 0.5, rank: 2, entropy_bits: 1.0 }; 40];
        let mut actual = expected;
        actual[3] = Score { probability: 0.1, rank: 3, entropy_bits: 3.0 };
        actual[4].probability = 0.7;
        actual[5].probability = 0.6;
        let found = Differences::between(&actual, &expected);
        assert!((found.mean_probability - 0.7 / 40.0).abs() < 1e-12);
        // 38 of 40 are not above it.
        assert!((found.most_probability - 0.1).abs() < 1e-12);
        assert!((found.worst_probability - 0.4).abs() < 1e-12);
        assert!((found.mean_entropy_bits - 0.05).abs() < 1e-12);
        assert!((found.worst_entropy_bits - 2.0).abs() < 1e-12);
        assert!((found.same_rank - 39.0 / 40.0).abs() < 1e-12);
    }
}

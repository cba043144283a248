//! What tests allow.

use std::ops::RangeInclusive;

use crate::differences::Differences;

/// The largest differences that pass.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of the mean difference of a token's probability.
    pub mean_probability: f64,
    /// Of the mean difference of entropies, in bits.
    pub mean_entropy_bits: f64,
    /// The least share of tokens with the same rank.
    pub same_rank: f64,
    /// The probability of " Paris" after "The capital of France is" on the page: in f32 it is
    /// 0.77254.
    pub paris: RangeInclusive<f64>,
}

/// What this engine reaches in its default precision, in every build, on the real model of the
/// tests (SmolLM2-135M-Instruct in Q4_1) with 16-bit activations.
pub const PRECISE: Limits = Limits {
    mean_probability: 0.0002,
    mean_entropy_bits: 0.003,
    same_rank: 0.93,
    paris: 0.772..=0.773,
};

impl Limits {
    /// Checks the scores of a text.
    ///
    /// # Errors
    /// If a limit is exceeded; all differences, for people. NaN exceeds every limit.
    pub fn check(&self, found: &Differences) -> Result<(), String> {
        let passes = found.mean_probability <= self.mean_probability
            && found.mean_entropy_bits <= self.mean_entropy_bits
            && found.same_rank >= self.same_rank;
        match passes {
            true => Ok(()),
            false => Err(format!("{found}; allowed are {self:?}")),
        }
    }

    /// Checks the probability of " Paris".
    ///
    /// # Errors
    /// If it is outside the range; both, for people.
    pub fn check_paris(&self, probability: f64) -> Result<(), String> {
        match self.paris.contains(&probability) {
            true => Ok(()),
            false => {
                Err(format!("\" Paris\" {probability}; allowed is {:?}", self.paris))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Score;

    #[test]
    fn each_limit_counts_and_nothing_compared_is_no_success() {
        let expected = [Score { probability: 0.5, rank: 2, entropy_bits: 1.0 }; 10];
        let check = |change: &dyn Fn(&mut Score)| {
            let mut actual = expected;
            change(&mut actual[0]);
            PRECISE.check(&Differences::between(&actual, &expected))
        };
        assert!(check(&|score| score.probability += 0.0019).is_ok());
        assert!(check(&|score| score.probability += 0.0021).is_err());
        assert!(check(&|score| score.entropy_bits -= 0.029).is_ok());
        assert!(check(&|score| score.entropy_bits -= 0.031).is_err());
        assert!(check(&|score| score.rank = 1).is_err());
        assert!(PRECISE.check(&Differences::between(&[], &[])).is_err());
        assert!(PRECISE.check_paris(0.7725).is_ok());
        assert!(PRECISE.check_paris(0.732).is_err());
    }
}

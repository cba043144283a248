//! Two distributions over the same vocabulary, compared.

use protocol::TokenId;

use super::ranked_logits::RankedLogits;
use super::ranking::Ranking;
use super::softmax::Softmax;
use crate::error::{InferenceError, Result};

/// How far a distribution is from a reference; both at temperature 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The token whose probability differs most; of several, that with the lowest id.
    pub largest: ComparedToken,
    /// The entropies of the distribution and of the reference, in bits.
    pub entropy_bits: [f64; 2],
    /// Σ r ln(r / p) of the reference's probabilities r and the distribution's p, in nats
    /// (Kullback & Leibler, 1951).
    pub divergence_nats: f64,
    /// The most probable tokens of the distribution, by rank.
    pub candidates: Vec<ComparedToken>,
}

/// A token in both distributions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparedToken {
    /// The token.
    pub id: TokenId,
    /// Its ranks, from 1, in the distribution and in the reference.
    pub ranks: [u32; 2],
    /// Its probabilities in the distribution and in the reference.
    pub probabilities: [f64; 2],
}

impl ComparedToken {
    /// The difference of its probabilities, without a sign.
    pub fn difference(&self) -> f64 {
        let [p, reference] = self.probabilities;
        (p - reference).abs()
    }
}

/// Compares the distribution of V logits to that of V reference logits, and lists so many
/// of its most probable tokens.
///
/// ```
/// use inference::distribution::compare;
///
/// let comparison = compare(&[0.0, 2.0, 1.0], &[0.0, 1.0, 2.0], 2)?;
/// assert_eq!(comparison.candidates[0].ranks, [1, 2]);
/// assert!(comparison.divergence_nats > 0.0);
/// assert!((comparison.entropy_bits[0] - comparison.entropy_bits[1]).abs() < 1e-12);
/// # Ok::<(), inference::InferenceError>(())
/// ```
///
/// # Errors
/// If there are no logits, one is NaN or infinite, or their numbers differ.
pub fn compare(
    logits: &[f32],
    reference: &[f32],
    candidates: usize,
) -> Result<Comparison> {
    if logits.len() != reference.len() {
        let message = format!("{} logits, not {}", reference.len(), logits.len());
        return Err(InferenceError::Compute(candle_core::Error::Msg(message)));
    }
    let (mut ours, mut theirs) = (Ranking::new(logits)?, Ranking::new(reference)?);
    let (p, r) = (Softmax::new(&mut ours)?, Softmax::new(&mut theirs)?);
    let (mut largest, mut most, mut divergence) = (0, -1.0, 0.0);
    for (id, (logit, reference)) in (0..).zip(logits.iter().zip(reference)) {
        let probability = r.probability(*reference);
        let difference = (p.probability(*logit) - probability).abs();
        if difference > most {
            (largest, most) = (id, difference);
        }
        divergence += probability * (p.surprisal(*logit) - r.surprisal(*reference));
    }
    let listed = ours.sort(candidates)?;
    let mut ids: Vec<TokenId> = (0..listed).map(|index| ours.ranked(index).id).collect();
    ids.push(largest);
    let own = ours.logits_and_ranks(&ids)?;
    let other = theirs.logits_and_ranks(&ids)?;
    let mut compared: Vec<ComparedToken> = ids
        .into_iter()
        .zip(own.into_iter().zip(other))
        .map(|(id, ((logit, rank), (reference, reference_rank)))| ComparedToken {
            id,
            ranks: [rank, reference_rank],
            probabilities: [p.probability(logit), r.probability(reference)],
        })
        .collect();
    let largest = compared.pop().ok_or(InferenceError::NonFiniteLogits)?;
    Ok(Comparison {
        largest,
        entropy_bits: [p.entropy_bits(), r.entropy_bits()],
        // Rounding can leave less than nothing of distributions that are the same.
        divergence_nats: divergence.max(0.0),
        candidates: compared,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distribution_does_not_differ_from_itself_at_whatever_height_its_logits_are() {
        let logits: Vec<f32> = (0..300).map(|i| (i * 7919 % 503) as f32 / 50.0).collect();
        let higher: Vec<f32> = logits.iter().map(|logit| logit + 4.0).collect();
        let comparison = compare(&logits, &higher, 20).unwrap();
        assert!(comparison.largest.difference() < 1e-6);
        assert!(comparison.divergence_nats < 1e-9);
        assert_eq!(comparison.candidates.len(), 20);
        assert!(
            comparison.candidates.iter().all(|token| token.ranks[0] == token.ranks[1])
        );
    }

    #[test]
    fn one_wrong_logit_is_found_wherever_it_is() {
        let logits = vec![0.0; 100];
        for wrong in [0, 50, 99] {
            let mut reference = logits.clone();
            reference[wrong] = 1.0;
            let comparison = compare(&logits, &reference, 10).unwrap();
            assert_eq!(comparison.largest.id as usize, wrong);
            assert_eq!(comparison.largest.ranks, [wrong as u32 + 1, 1]);
            // By hand: e / (e + 99) instead of 1 / 100.
            let expected = 1f64.exp() / (1f64.exp() + 99.0);
            let [p, r] = comparison.largest.probabilities;
            assert!((p - 0.01).abs() < 1e-7 && (r - expected).abs() < 1e-7);
            let rest = 1.0 / (1f64.exp() + 99.0);
            let divergence =
                expected * (expected / 0.01).ln() + 99.0 * rest * (rest / 0.01).ln();
            assert!((comparison.divergence_nats - divergence).abs() < 1e-6);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert!(compare(&[], &[], 5).is_err());
        assert!(compare(&[1.0], &[1.0, 2.0], 5).is_err());
        assert!(compare(&[1.0, f32::NAN], &[1.0, 2.0], 5).is_err());
        assert!(compare(&[1.0, 2.0], &[f32::INFINITY, 2.0], 5).is_err());
    }
}

//! How far two distributions over the same vocabulary are apart.

use std::f64::consts::LN_2;

use protocol::Divergence;

use super::ranking::Ranking;
use super::softmax::Softmax;
use crate::error::Result;

/// ln p of all V logits at temperature 1, in f64.
///
/// ```
/// use inference::distribution::log_probabilities;
///
/// let all = log_probabilities(&[0.0, 0.0])?;
/// assert!((all[0] - 0.5f64.ln()).abs() < 1e-12);
/// # Ok::<(), inference::InferenceError>(())
/// ```
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn log_probabilities(logits: &[f32]) -> Result<Vec<f64>> {
    let softmax = Softmax::new(&mut Ranking::new(logits)?)?;
    Ok(logits.iter().map(|logit| -softmax.surprisal(*logit)).collect())
}

/// The entropy −Σ p log₂ p of the logarithms of probabilities, in bits.
pub fn entropy_bits(log_p: &[f64]) -> f64 {
    let parts = log_p.iter().filter(|log_p| log_p.is_finite());
    (-parts.map(|log_p| log_p.exp() * log_p).sum::<f64>() / LN_2).max(0.0)
}

/// The divergences of two distributions, each given as the natural logarithms of the
/// probabilities of all tokens; −∞ for a token that cannot come.
///
/// Kullback-Leibler: Σ a log₂(a / b) (Kullback & Leibler, 1951). Jensen-Shannon: the mean of
/// the divergences of both from their mean (Lin, 1991, doi:10.1109/18.61115).
///
/// ```
/// use inference::distribution::divergence;
///
/// let (one, other) = ([0.0, f64::NEG_INFINITY], [0.5f64.ln(); 2]);
/// let apart = divergence(&one, &other);
/// assert_eq!((apart.first_from_second, apart.second_from_first), (Some(1.0), None));
/// ```
pub fn divergence(first: &[f64], second: &[f64]) -> Divergence {
    let (mut forward, mut backward, mut shannon) = (0.0, 0.0, 0.0);
    for (a, b) in first.iter().zip(second) {
        let (p, q) = (a.exp(), b.exp());
        // 0 · log 0 is 0.
        let share = |p: f64, a: f64, b: f64| if p > 0.0 { p * (a - b) } else { 0.0 };
        forward += share(p, *a, *b);
        backward += share(q, *b, *a);
        let mean = ((p + q) / 2.0).ln();
        shannon += (share(p, *a, mean) + share(q, *b, mean)) / 2.0;
    }
    // Rounding can leave less than nothing of distributions that are the same.
    let bits = |nats: f64| (nats / LN_2).max(0.0);
    let finite = |nats: f64| Some(bits(nats)).filter(|bits| bits.is_finite());
    Divergence {
        first_from_second: finite(forward),
        second_from_first: finite(backward),
        jensen_shannon: bits(shannon).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logs(probabilities: &[f64]) -> Vec<f64> {
        probabilities.iter().map(|p| p.ln()).collect()
    }

    #[test]
    fn divergences_are_those_worked_out_by_hand() {
        // KL((1/2, 1/4, 1/4) ‖ (1/4, 1/4, 1/2)) = 1/2 · 1 + 0 − 1/4 · 1 = 1/4 bit.
        let apart = divergence(&logs(&[0.5, 0.25, 0.25]), &logs(&[0.25, 0.25, 0.5]));
        assert!((apart.first_from_second.unwrap() - 0.25).abs() < 1e-12);
        assert!((apart.second_from_first.unwrap() - 0.25).abs() < 1e-12);
        // The mean is (3/8, 1/4, 3/8): 1/2 log₂(4/3) + 1/4 log₂(2/3) from each side.
        let expected = 0.5 * (4f64 / 3.0).log2() + 0.25 * (2f64 / 3.0).log2();
        assert!((apart.jensen_shannon - expected).abs() < 1e-12);
    }

    #[test]
    fn distributions_without_a_token_in_common_are_one_bit_apart() {
        let apart = divergence(&logs(&[1.0, 0.0]), &logs(&[0.0, 1.0]));
        assert_eq!((apart.first_from_second, apart.second_from_first), (None, None));
        assert_eq!(apart.jensen_shannon, 1.0);
        let same = divergence(&logs(&[0.3, 0.7, 0.0]), &logs(&[0.3, 0.7, 0.0]));
        assert_eq!(same.first_from_second, Some(0.0));
        assert_eq!(same.jensen_shannon, 0.0);
    }

    #[test]
    fn log_probabilities_and_entropy_are_exact_far_from_the_top() {
        let all = log_probabilities(&[0.0, -200.0]).unwrap();
        assert!((all[1] + 200.0).abs() < 1e-9);
        assert!((entropy_bits(&logs(&[0.5, 0.25, 0.25, 0.0])) - 1.5).abs() < 1e-12);
        assert!(log_probabilities(&[f32::NAN]).is_err());
    }
}

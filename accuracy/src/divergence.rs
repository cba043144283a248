//! The Kullback-Leibler divergence of one distribution from another.

use std::collections::BTreeMap;

/// KL(p ‖ q) in nats of the softmaxes of two rows of V finite logits, in f64.
pub fn divergence(p: &[f32], q: &[f32]) -> f64 {
    let (p_offset, q_offset) = (log_sum(p), log_sum(q));
    p.iter().zip(q).fold(0.0, |sum, (p, q)| {
        let log_p = f64::from(*p) - p_offset;
        sum + log_p.exp() * (log_p - (f64::from(*q) - q_offset))
    })
}

/// KL(p ‖ q) in nats where of q only some probabilities are known: all other ids count as one.
/// No more than the divergence of the whole distributions. `p` are V finite logits; ids are
/// below V.
pub fn divergence_of_listed(p: &[f32], q: &BTreeMap<u32, f64>) -> f64 {
    let offset = log_sum(p);
    let term = |p: f64, q: f64| if p > 0.0 { p * (p / q.max(1e-30)).ln() } else { 0.0 };
    let (mut sum, mut listed_p, mut listed_q) = (0.0, 0.0, 0.0);
    for (id, q) in q {
        let p = (f64::from(p[*id as usize]) - offset).exp();
        sum += term(p, *q);
        listed_p += p;
        listed_q += q;
    }
    sum + term(1.0 - listed_p, 1.0 - listed_q)
}

/// ln Σ exp(x).
fn log_sum(logits: &[f32]) -> f64 {
    let highest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - highest).exp()).sum();
    highest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_distributions_do_not_diverge_and_others_by_the_formula() {
        // (2/3, 1/3) and (1/3, 2/3): 1/3 ln 2.
        let (p, q) = ([5.0 + 2f32.ln(), 5.0], [1.0, 1.0 + 2f32.ln()]);
        assert!(divergence(&p, &p).abs() < 1e-12);
        assert!((divergence(&p, &q) - 2f64.ln() / 3.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_not_listed_counts_as_one() {
        let p = [0.0; 4];
        let q = BTreeMap::from([(3, 0.5)]);
        // (1/4, 3/4) from (1/2, 1/2).
        let expected = 0.25 * 0.5f64.ln() + 0.75 * 1.5f64.ln();
        assert!((divergence_of_listed(&p, &q) - expected).abs() < 1e-9);
        let all = BTreeMap::from([(0, 0.25), (1, 0.25), (2, 0.25), (3, 0.25)]);
        assert!(divergence_of_listed(&p, &all).abs() < 1e-9);
    }
}

//! How far two whole distributions are apart, as the page works it out when they come from two
//! engines.

use protocol::{Distribution, Divergence, SamplerKind};

/// How far two distributions over the same vocabulary are apart, from ln p of every token.
/// None if they are not over as many tokens.
///
/// The sums are over all tokens, in 64 bits: Σ a log₂(a / b) both ways (Kullback and Leibler,
/// 1951), and half of each from their mean (Lin, 1991). A token that one side can give and the
/// other cannot makes that way infinite, which is none.
pub(crate) fn divergence(first: &[f32], second: &[f32]) -> Option<Divergence> {
    if first.len() != second.len() {
        return None;
    }
    let pairs = || first.iter().zip(second).map(|(a, b)| (f64::from(*a), f64::from(*b)));
    let shannon: f64 = pairs()
        .map(|(a, b)| {
            // ln of the mean, from the larger of both, so that nothing overflows.
            let most = a.max(b);
            let mean = most + (((a - most).exp() + (b - most).exp()) / 2.0).ln();
            part(a, mean).unwrap_or_default() + part(b, mean).unwrap_or_default()
        })
        .sum();
    Some(Divergence {
        first_from_second: bits(pairs().map(|(a, b)| part(a, b))),
        second_from_first: bits(pairs().map(|(a, b)| part(b, a))),
        jensen_shannon: (shannon / 2.0 / std::f64::consts::LN_2).clamp(0.0, 1.0),
    })
}

/// ln q of every token, from ln p of every token and what the sampler kept. None if it did more
/// than to cut the least probable tokens and apply a temperature, as penalties and biases do.
///
/// Whatever the order of the steps, what is kept are the most probable tokens, as many as the
/// engine says, and each has q in proportion to p^(1/T).
pub(crate) fn drawn_from(log_p: &[f32], seen: &Distribution) -> Option<Vec<f32>> {
    use SamplerKind::{Greedy, MinP, TopK, TopP};
    let cuts = |kind| matches!(kind, Greedy | MinP | TopK | TopP);
    if !seen.stages.iter().all(|stage| cuts(stage.kind)) {
        return None;
    }
    let all = log_p.len() as u32;
    let kept = seen.stages.last().map_or(all, |stage| stage.kept);
    let temperature = match seen.settings.temperature {
        // One is kept, and it is drawn.
        0.0 => 1.0,
        temperature => f64::from(temperature),
    };
    let farthest = nth_rank(log_p, kept);
    let heat = |log_p: &f32| match rank(*log_p) <= farthest {
        true => f64::from(*log_p) / temperature,
        false => f64::NEG_INFINITY,
    };
    let most = log_p.iter().map(heat).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = log_p.iter().map(|log_p| (heat(log_p) - most).exp()).sum();
    let norm = most + sum.ln();
    Some(log_p.iter().map(|log_p| (heat(log_p) - norm) as f32).collect())
}

/// A number that is the greater, the less probable a token is: the bits of a float that is not
/// negative are in its order.
fn rank(log_p: f32) -> u32 {
    (-log_p).max(0.0).to_bits()
}

/// The rank of the token that so many are at least as probable as.
fn nth_rank(log_p: &[f32], count: u32) -> u32 {
    let (mut least, mut most) = (0, f32::INFINITY.to_bits());
    while least < most {
        let middle = least + (most - least) / 2;
        let within = log_p.iter().filter(|log_p| rank(**log_p) <= middle).count();
        match within >= count as usize {
            true => most = middle,
            false => least = middle + 1,
        }
    }
    least
}

/// The entropy in bits, from ln p of every token.
pub(crate) fn entropy_bits(log_p: &[f32]) -> f64 {
    let parts = log_p.iter().map(|log_p| part(f64::from(*log_p), 0.0));
    -parts.map(Option::unwrap_or_default).sum::<f64>() / std::f64::consts::LN_2
}

/// One token's part of a divergence, in nats; none if it is infinite.
fn part(log_a: f64, log_b: f64) -> Option<f64> {
    let a = log_a.exp();
    match (a > 0.0, log_b == f64::NEG_INFINITY) {
        (false, _) => Some(0.0),
        (true, true) => None,
        (true, false) => Some(a * (log_a - log_b)),
    }
}

fn bits(parts: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let nats: f64 = parts.sum::<Option<f64>>()?;
    // Rounding can leave a little less than nothing.
    Some((nats / std::f64::consts::LN_2).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ln(p: &[f64]) -> Vec<f32> {
        p.iter().map(|p| p.ln() as f32).collect()
    }

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() < 1e-6, "{a} is not {b}");
    }

    #[test]
    fn divergences_are_those_worked_out_by_hand() {
        // ½·log₂(½ / ¼) + ½·log₂(½ / ¾) and back; the mean is (⅜, ⅝).
        let found = divergence(&ln(&[0.5, 0.5]), &ln(&[0.25, 0.75])).unwrap();
        close(found.first_from_second.unwrap(), 0.207_518_75);
        close(found.second_from_first.unwrap(), 0.188_721_88);
        close(found.jensen_shannon, 0.048_794_94);
        close(entropy_bits(&ln(&[0.25, 0.75])), 0.811_278_12);
    }

    #[test]
    fn what_one_side_cannot_give_is_infinitely_far_and_one_bit_at_most() {
        let found = divergence(&ln(&[1.0, 0.0]), &ln(&[0.0, 1.0])).unwrap();
        assert_eq!((found.first_from_second, found.second_from_first), (None, None));
        close(found.jensen_shannon, 1.0);
        let same = ln(&[0.1, 0.2, 0.7]);
        let none = divergence(&same, &same).unwrap();
        assert_eq!(none.first_from_second, Some(0.0));
        close(none.jensen_shannon, 0.0);
        assert_eq!(divergence(&same, &same[..2]), None);
    }

    #[test]
    fn what_is_drawn_from_follows_from_what_was_kept_and_the_temperature() {
        use crate::update::tests::test_page::distribution;
        use protocol::{SamplerSettings, SamplerStage};
        let settings =
            |temperature| SamplerSettings { temperature, ..SamplerSettings::default() };
        let q = |temperature, kind, kept| {
            let mut seen = distribution(&[1], settings(temperature), 4, &[]);
            seen.stages = vec![SamplerStage { kind, kept, changed: 0 }];
            let log_q = drawn_from(&ln(&[0.15, 0.5, 0.1, 0.25]), &seen)?;
            Some(log_q.into_iter().map(|q| f64::from(q).exp()).collect::<Vec<f64>>())
        };
        // ½² and ¼², of their sum.
        let two = q(0.5, SamplerKind::TopP, 2).unwrap();
        [0.0, 0.8, 0.0, 0.2].iter().zip(&two).for_each(|(a, b)| close(*a, *b));
        let greedy = q(0.0, SamplerKind::Greedy, 1).unwrap();
        [0.0, 1.0, 0.0, 0.0].iter().zip(&greedy).for_each(|(a, b)| close(*a, *b));
        let all = q(1.0, SamplerKind::TopK, 4).unwrap();
        [0.15, 0.5, 0.1, 0.25].iter().zip(&all).for_each(|(a, b)| close(*a, *b));
        assert_eq!(q(1.0, SamplerKind::TypicalP, 3), None);
    }
}

//! Which experts each token goes through, and what they give is weighed by.
//!
//! T tokens, E experts.

use std::ops::Range;

use model_files::config::{Experts, Weighting};

/// The chosen experts of T tokens, grouped by experts, so that the weights of one serve all of
/// its tokens at once.
#[derive(Debug, PartialEq)]
pub(crate) struct Routes {
    /// The experts that some token goes through, in order, with their rows below.
    pub(crate) groups: Vec<(usize, Range<usize>)>,
    /// A token, and the weight of what the expert gives for it.
    pub(crate) rows: Vec<(usize, f32)>,
}

/// The routes by the router's logits, [T, E]. When experts are chosen, `choice` is added to their
/// softmax or sigmoids, `[E]`.
pub(crate) fn routes(
    logits: &[f32],
    experts: &Experts,
    choice: Option<&[f32]>,
) -> Routes {
    let mut chosen: Vec<(usize, usize, f32)> = Vec::new();
    for (token, logits) in logits.chunks_exact(experts.count).enumerate() {
        let weighed = match experts.weighting {
            Weighting::Sigmoid { normalised } => {
                by_sigmoids(logits, experts, choice, normalised)
            }
            weighting => by_softmax(logits, experts, choice, weighting == Weighting::All),
        };
        let weighed = weighed.into_iter();
        chosen.extend(
            weighed.map(|(expert, weight)| (expert, token, experts.scale * weight)),
        );
    }
    chosen.sort_by_key(|(expert, ..)| *expert);
    let mut groups: Vec<(usize, Range<usize>)> = Vec::new();
    for (row, (expert, ..)) in chosen.iter().enumerate() {
        match groups.last_mut() {
            Some((last, rows)) if last == expert => rows.end = row + 1,
            _ => groups.push((*expert, row..row + 1)),
        }
    }
    let rows = chosen.into_iter().map(|(_, token, weight)| (token, weight)).collect();
    Routes { groups, rows }
}

/// The experts with the highest logits, or whose softmax is highest with `choice` added; and
/// their softmax over all experts or over these.
fn by_softmax(
    logits: &[f32],
    experts: &Experts,
    choice: Option<&[f32]>,
    over_all: bool,
) -> Vec<(usize, f32)> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let power = |logit: f32| f64::from(logit - largest).exp();
    let all: f64 = logits.iter().map(|logit| power(*logit)).sum();
    let top = match (choice, experts.groups) {
        (Some(choice), _) => {
            let shares = logits.iter().map(|logit| (power(*logit) / all) as f32);
            let scores = shares.zip(choice).map(|(share, choice)| share + choice);
            highest(&scores.collect::<Vec<_>>(), experts.used)
        }
        (None, None) => highest(logits, experts.used),
        (None, Some(groups)) => highest_of_groups(logits, experts.used, groups, 1),
    };
    let sum: f64 = match over_all {
        true => all,
        false => top.iter().map(|expert| power(logits[*expert])).sum(),
    };
    top.into_iter().map(|expert| (expert, (power(logits[expert]) / sum) as f32)).collect()
}

/// The experts whose sigmoids are highest with `choice` added, and their sigmoids without it.
fn by_sigmoids(
    logits: &[f32],
    experts: &Experts,
    choice: Option<&[f32]>,
    normalised: bool,
) -> Vec<(usize, f32)> {
    let scores: Vec<f32> =
        logits.iter().map(|logit| 1.0 / (1.0 + (-logit).exp())).collect();
    let mut chosen_by = scores.clone();
    for (score, choice) in chosen_by.iter_mut().zip(choice.into_iter().flatten()) {
        *score += choice;
    }
    let top = match experts.groups {
        None => highest(&chosen_by, experts.used),
        Some(groups) => highest_of_groups(&chosen_by, experts.used, groups, 2),
    };
    let sum: f32 = match normalised {
        // As the models were trained.
        true => top.iter().map(|expert| scores[*expert]).sum::<f32>() + 1e-20,
        false => 1.0,
    };
    top.into_iter().map(|expert| (expert, scores[expert] / sum)).collect()
}

/// As [`highest`], of experts in the groups whose `best` highest ones have the highest sum;
/// there are so many groups, and so many of them are used.
fn highest_of_groups(
    logits: &[f32],
    count: usize,
    (groups, used): (usize, usize),
    best: usize,
) -> Vec<usize> {
    let each = logits.len() / groups;
    let sum = |group: &[f32]| highest(group, best).iter().map(|one| group[*one]).sum();
    let best: Vec<f32> = logits.chunks_exact(each).map(sum).collect();
    let chosen = highest(&best, used);
    let in_group = |expert: usize| chosen.contains(&(expert / each));
    let left: Vec<f32> = (0..logits.len())
        .map(|expert| if in_group(expert) { logits[expert] } else { f32::NEG_INFINITY })
        .collect();
    highest(&left, count)
}

/// The numbers of the `count` highest logits, the highest first; of equal ones, the first.
fn highest(logits: &[f32], count: usize) -> Vec<usize> {
    let mut top: Vec<usize> = Vec::with_capacity(count + 1);
    for (expert, logit) in logits.iter().enumerate() {
        let is_below = |other: &usize| logits[*other] >= *logit;
        if top.len() == count && top.last().is_some_and(is_below) {
            continue;
        }
        let place = top.iter().rposition(is_below).map_or(0, |last| last + 1);
        top.insert(place, expert);
        top.truncate(count);
    }
    top
}

#[cfg(test)]
mod tests {
    use super::*;

    fn experts(used: usize, weighting: Weighting) -> Experts {
        Experts {
            count: 4,
            used,
            inner: 1,
            weighting,
            router_bias: false,
            choice_bias: false,
            shared_inner: 0,
            shared_gate: false,
            scale: 1.0,
            groups: None,
        }
    }

    #[test]
    fn tokens_are_grouped_by_their_experts() {
        let logits = [0.0, 1.0, 3.0, 2.0, 5.0, 0.0, 5.0, 1.0];
        let routes = routes(&logits, &experts(2, Weighting::Chosen), None);
        assert_eq!(routes.groups, [(0, 0..1), (2, 1..3), (3, 3..4)]);
        let tokens: Vec<usize> = routes.rows.iter().map(|(token, _)| *token).collect();
        assert_eq!(tokens, [1, 0, 1, 0]);
        let weights: Vec<f32> = routes.rows.iter().map(|(_, weight)| *weight).collect();
        let most = 1.0 / (1.0 + (-1f32).exp());
        for (weight, expected) in weights.into_iter().zip([0.5, most, 0.5, 1.0 - most]) {
            assert!((weight - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn weights_are_of_all_experts_or_of_the_chosen_ones() {
        let logits = [2f32.ln(), 0.0, 4f32.ln(), 0.0];
        for (weighting, expected) in
            [(Weighting::All, [0.25, 0.5]), (Weighting::Chosen, [1.0 / 3.0, 2.0 / 3.0])]
        {
            let routes = routes(&logits, &experts(2, weighting), None);
            assert_eq!(routes.groups, [(0, 0..1), (2, 1..2)]);
            for ((_, weight), expected) in routes.rows.iter().zip(expected) {
                assert!((weight - expected).abs() < 1e-6, "{weighting:?}");
            }
        }
    }

    #[test]
    fn experts_of_other_groups_are_not_chosen() {
        let logits = [0.0, 5.0, 4.0, 4.5, 9.0, -9.0];
        assert_eq!(highest_of_groups(&logits, 2, (3, 1), 1), [4, 5]);
        assert_eq!(highest_of_groups(&logits, 2, (3, 2), 1), [4, 1]);
        assert_eq!(highest_of_groups(&logits, 3, (3, 3), 1), [4, 1, 3]);
    }

    #[test]
    fn a_bias_decides_who_is_chosen_and_does_not_weigh() {
        let logits = [0.0, 3f32.ln(), -(3f32.ln()), 0.0];
        let choice = [0.0, -1.0, 0.5, 0.01];
        for (normalised, expected) in
            [(false, [0.25, 0.5]), (true, [1.0 / 3.0, 2.0 / 3.0])]
        {
            let experts = experts(2, Weighting::Sigmoid { normalised });
            let routes = routes(&logits, &experts, Some(&choice));
            assert_eq!(routes.groups, [(2, 0..1), (3, 1..2)]);
            for ((_, weight), expected) in routes.rows.iter().zip(expected) {
                assert!((weight - expected).abs() < 1e-6, "{normalised}: {weight}");
            }
        }
    }

    #[test]
    fn a_bias_of_a_softmax_does_not_weigh_either() {
        let logits = [2f32.ln(), 0.0, 4f32.ln(), 0.0];
        let choice = [0.0, 0.3, -0.4, 0.0];
        let experts = experts(2, Weighting::Chosen);
        let routes = routes(&logits, &experts, Some(&choice));
        assert_eq!(routes.groups, [(0, 0..1), (1, 1..2)]);
        for ((_, weight), expected) in routes.rows.iter().zip([2.0 / 3.0, 1.0 / 3.0]) {
            assert!((weight - expected).abs() < 1e-6, "{weight}");
        }
    }

    #[test]
    fn groups_are_chosen_by_their_best_two_experts() {
        let scores = [0.9, 0.0, 0.5, 0.6, 0.2, 0.2];
        assert_eq!(highest_of_groups(&scores, 2, (3, 1), 1), [0, 1]);
        assert_eq!(highest_of_groups(&scores, 2, (3, 1), 2), [3, 2]);
    }

    #[test]
    fn of_equal_experts_the_first_are_chosen() {
        assert_eq!(highest(&[1.0, 2.0, 2.0, 2.0], 2), [1, 2]);
        assert_eq!(highest(&[3.0, 1.0, 3.0, 4.0], 3), [3, 0, 2]);
        assert_eq!(highest(&[f32::NAN; 4], 2).len(), 2);
    }
}

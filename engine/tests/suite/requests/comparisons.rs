//! Distributions held against each other, and whole distributions, against plain f64.

use super::*;
use protocol::{ComparedText, TextComparison};

fn side(ids: &[TokenId], settings: SamplerSettings) -> ComparedText {
    ComparedText { ids: ids.to_vec(), settings }
}

fn compare(
    engine: &mut Engine<u8>,
    first: ComparedText,
    second: ComparedText,
) -> TextComparison {
    let (first, second) = (Box::new(first), Box::new(second));
    match answer(engine, Command::Compare { first, second, candidates: 5 }) {
        Event::Compared(comparison) => *comparison,
        other => panic!("{other:?}"),
    }
}

/// ln p of the whole vocabulary after a text.
fn whole(engine: &mut Engine<u8>, ids: &[TokenId]) -> Vec<f64> {
    match answer(engine, Command::LogProbabilities { ids: ids.to_vec() }) {
        Event::LogProbabilities(packed) => {
            assert_eq!(packed.position as usize, ids.len());
            packed.values().unwrap().into_iter().map(f64::from).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Σ a log₂(a / b) in plain f64.
fn kullback_leibler(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).filter(|(a, _)| **a > 0.0).map(|(a, b)| a * (a / b).log2()).sum()
}

#[test]
fn a_whole_distribution_is_that_of_its_candidates_and_sums_to_one() {
    let mut engine = engine(Kind::Instruct);
    let ids = [10, 11, 12];
    let log_p = whole(&mut engine, &ids);
    assert_eq!(log_p.len(), 259);
    assert!((log_p.iter().map(|log_p| log_p.exp()).sum::<f64>() - 1.0).abs() < 1e-6);
    for candidate in distribution(&mut engine, next(&ids)).candidates {
        let p = log_p[candidate.token.id as usize].exp();
        assert!((p - f64::from(candidate.probability)).abs() < 1e-7);
    }
}

#[test]
fn two_texts_are_compared_over_the_whole_vocabulary() {
    let mut engine = engine(Kind::Instruct);
    let (one, other) = ([10, 11, 12, 13], [10, 11, 90, 91, 92]);
    let comparison =
        compare(&mut engine, side(&one, settings()), side(&other, settings()));
    assert_eq!((comparison.positions, comparison.vocab_size), ([4, 5], 259));
    let mut reference = self::engine(Kind::Instruct);
    let p: Vec<Vec<f64>> = [&one[..], &other]
        .map(|ids| whole(&mut reference, ids).iter().map(|log_p| log_p.exp()).collect())
        .into();
    let mean: Vec<f64> = p[0].iter().zip(&p[1]).map(|(a, b)| (a + b) / 2.0).collect();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-4, "{a} is not {b}");
    close(comparison.p.first_from_second.unwrap(), kullback_leibler(&p[0], &p[1]));
    close(comparison.p.second_from_first.unwrap(), kullback_leibler(&p[1], &p[0]));
    let shannon = (kullback_leibler(&p[0], &mean) + kullback_leibler(&p[1], &mean)) / 2.0;
    close(comparison.p.jensen_shannon, shannon);
    // At temperature 1 without cuts, q is p.
    close(comparison.q.jensen_shannon, shannon);
    let tops = [&one[..], &other].map(|ids| distribution(&mut reference, next(ids)));
    for top in tops.iter().flat_map(|top| &top.candidates) {
        let listed = comparison.candidates.iter();
        assert_eq!(listed.filter(|pair| pair.first.token == top.token).count(), 1);
    }
    let differences: Vec<f32> = comparison
        .candidates
        .iter()
        .map(|pair| (pair.first.probability - pair.second.probability).abs())
        .collect();
    assert!(differences.is_sorted_by(|a, b| a >= b), "{differences:?}");
    for pair in &comparison.candidates {
        let id = pair.first.token.id as usize;
        close(pair.first.probability.into(), p[0][id]);
        close(pair.second.probability.into(), p[1][id]);
    }
}

#[test]
fn one_text_with_two_samplers_costs_no_pass_and_differs_only_in_q() {
    let mut engine = engine(Kind::Instruct);
    let ids = [10, 11, 12, 13];
    let before = distribution(&mut engine, next(&ids)).timings.forward_tokens;
    let cold = SamplerSettings { temperature: 0.5, top_k: 3, ..settings() };
    let comparison = compare(&mut engine, side(&ids, settings()), side(&ids, cold));
    assert_eq!(comparison.timings.forward_tokens, before);
    assert_eq!(comparison.p.jensen_shannon, 0.0);
    assert!(comparison.q.jensen_shannon > 0.01);
    // The open sampler draws tokens that the other cuts, but not the other way round.
    assert_eq!(comparison.q.first_from_second, None);
    assert!(comparison.q.second_from_first.is_some());
    let differences: Vec<f32> = comparison
        .candidates
        .iter()
        .map(|pair| {
            (pair.first.sampled_probability - pair.second.sampled_probability).abs()
        })
        .collect();
    assert!(differences.is_sorted_by(|a, b| a >= b), "{differences:?}");
}

#[test]
fn a_token_more_on_both_sides_costs_two_tokens() {
    let mut engine = engine(Kind::Instruct);
    let (mut one, mut other): (Vec<_>, Vec<_>) = ((10..60).collect(), (30..70).collect());
    compare(&mut engine, side(&one, settings()), side(&other, settings()));
    let before = engine.stats().forward_tokens;
    assert_eq!(before, 50 + 40);
    for step in 1..=3 {
        one.push(100 + step);
        other.push(100 + step);
        let comparison =
            compare(&mut engine, side(&one, settings()), side(&other, settings()));
        let spent = comparison.timings.forward_tokens - before;
        assert_eq!(spent, u64::from(2 * step));
    }
    // The explorer's own text is still there.
    let own = distribution(&mut engine, next(&one));
    assert_eq!(own.timings.forward_tokens, before + 6);
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let mut engine = engine(Kind::Instruct);
    let good = side(&[10], settings());
    let hot = SamplerSettings { temperature: 3.0, ..settings() };
    for (bad, code) in [
        (side(&[], settings()), ErrorCode::EmptyPrompt),
        (side(&[9999], settings()), ErrorCode::InvalidToken),
        (side(&[10], hot), ErrorCode::InvalidSettings),
    ] {
        let command = Command::Compare {
            first: Box::new(good.clone()),
            second: Box::new(bad),
            candidates: 5,
        };
        assert_eq!(failure(&mut engine, command), code);
    }
    let command = Command::LogProbabilities { ids: Vec::new() };
    assert_eq!(failure(&mut engine, command), ErrorCode::EmptyPrompt);
}

//! Distributions and scores of texts: what is computed and what is cached.

use super::*;

#[test]
fn only_what_follows_the_common_prefix_is_computed() {
    let mut engine = engine(Kind::Instruct);
    let first = distribution(&mut engine, next(&[10, 11, 12, 13]));
    assert_eq!((first.timings.cached_tokens, first.timings.prefill_tokens), (0, 4));
    let picked = distribution(&mut engine, next(&[10, 11, 12, 13, 14]));
    assert_eq!((picked.timings.cached_tokens, picked.timings.prefill_tokens), (4, 1));
    let undone = distribution(&mut engine, next(&[10, 11, 12, 13]));
    assert_eq!(undone.timings.prefill_tokens, 0);
    assert_eq!(undone.candidates, first.candidates);
    let other = distribution(&mut engine, next(&[10, 11, 12, 13, 99]));
    assert_eq!((other.timings.cached_tokens, other.timings.prefill_tokens), (4, 1));
    assert_eq!(other.timings.forward_tokens, 6);
}

#[test]
fn looking_back_runs_no_forward_pass_and_removes_nothing() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..30).collect();
    let now = distribution(&mut engine, next(&ids));
    for length in 1..=ids.len() {
        let back = distribution(&mut engine, next(&ids[..length]));
        assert_eq!(back.timings.forward_tokens, 20);
        assert_eq!(back.position as usize, length);
    }
    assert_eq!(distribution(&mut engine, next(&ids)).candidates, now.candidates);
}

#[test]
fn other_settings_on_the_same_text_run_no_forward_pass() {
    let mut engine = engine(Kind::Instruct);
    let before = distribution(&mut engine, next(&[10, 11, 12]));
    for temperature in [0.0, 0.5, 2.0] {
        let settings = SamplerSettings { temperature, top_k: 3, ..settings() };
        let after = distribution(&mut engine, next_with(&[10, 11, 12], settings.clone()));
        assert_eq!(after.timings.forward_tokens, before.timings.forward_tokens);
        assert_eq!(after.settings, settings);
        let p = |d: &Distribution| -> Vec<f32> {
            d.candidates.iter().map(|c| c.probability).collect()
        };
        assert_eq!(p(&after), p(&before));
    }
}

#[test]
fn an_answer_is_the_same_whatever_was_asked_before() {
    let ids: Vec<TokenId> = (10..60).collect();
    let fresh = distribution(&mut engine(Kind::Instruct), next(&ids));
    let mut used = engine(Kind::Instruct);
    for length in [3, 40, 7, 50] {
        let mut other = ids[..length].to_vec();
        other.extend([200, 201, 202]);
        distribution(&mut used, next(&other));
    }
    let again = distribution(&mut used, next(&ids));
    for (a, b) in fresh.candidates.iter().zip(&again.candidates) {
        assert_eq!(a.token, b.token);
        assert!((a.logit - b.logit).abs() < 1e-3);
    }
    assert_eq!(fresh.sampled.token, again.sampled.token);
}

#[test]
fn a_score_is_what_each_step_gave_to_the_token_that_came() {
    let mut engine = engine(Kind::Instruct);
    let ids: Vec<TokenId> = (10..60).collect();
    let Event::Scored { tokens, timings } =
        answer(&mut engine, Command::Score { ids: ids.clone() })
    else {
        panic!()
    };
    assert_eq!((tokens.len(), timings.forward_tokens), (50, 50));
    assert!(tokens[0].score.is_none());
    for position in [1, 17, 49] {
        let command = Command::NextToken {
            ids: ids[..position].to_vec(),
            settings: settings(),
            candidates: 2,
            watch: vec![ids[position]],
        };
        let step = distribution(&mut engine, command);
        let score = tokens[position].score.unwrap();
        assert_eq!(step.watched[0].rank, score.rank);
        assert!((step.watched[0].probability - score.probability).abs() < 1e-6);
        assert!((step.entropy_bits - score.entropy_bits).abs() < 1e-4);
        let [first, second] = &step.candidates[..] else { panic!() };
        assert!((first.probability - score.best_probability).abs() < 1e-6);
        let margin = first.probability - second.probability;
        assert!((margin - score.margin).abs() < 1e-6);
        let expected = tokens[position].expected.as_ref().map(|token| token.id);
        let best = first.token.id;
        assert_eq!(expected, (best != ids[position]).then_some(best));
        assert_eq!(step.timings.forward_tokens, 50);
    }
}

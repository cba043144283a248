//! The distribution against values worked out by hand or in plain f64.

use candle_core::{Device, Tensor};
use protocol::{
    Candidate, Distribution, SamplerKind, SamplerSettings, SamplerStage, Token, TokenId,
};

use super::*;

fn token(id: TokenId) -> Token {
    Token::new(id, format!("t{id}").into_bytes(), false)
}

fn of(logits: &[f32], candidates: usize, settings: SamplerSettings) -> Distribution {
    let context = SamplerContext::default();
    let view = View { settings: &settings, position: 3, candidates, watch: &[], context };
    distribution(logits, view, &token).unwrap()
}

/// Logits whose softmax is the given probabilities.
fn logits(probabilities: &[f32]) -> Vec<f32> {
    probabilities.iter().map(|p| p.ln()).collect()
}

fn settings() -> SamplerSettings {
    SamplerSettings { temperature: 1.0, ..Default::default() }
}

#[test]
fn rows_and_other_make_one_hundred_percent_of_the_full_vocabulary() {
    let logits: Vec<f32> =
        (0..50_000).map(|i| ((i * 7919) % 1000) as f32 / 100.0).collect();
    for temperature in [0.0, 0.3, 1.0, 2.0] {
        for (top_k, top_p, min_p) in [(0, 1.0, 0.0), (5, 1.0, 0.0), (40, 0.5, 0.2)] {
            let settings =
                SamplerSettings { temperature, top_k, top_p, min_p, ..settings() };
            let d = of(&logits, 10, settings);
            let p: f32 = d.candidates.iter().map(|c| c.probability).sum();
            let q: f32 = d.candidates.iter().map(|c| c.sampled_probability).sum();
            assert!((p + d.outside.probability - 1.0).abs() < 1e-5);
            assert!((q + d.outside.sampled_probability - 1.0).abs() < 1e-5);
            assert_eq!(d.outside.tokens, 49_990);
        }
    }
}

#[test]
fn the_token_that_crosses_top_p_is_kept() {
    let d = of(
        &logits(&[0.582, 0.382, 0.036]),
        3,
        SamplerSettings { top_p: 0.8, ..settings() },
    );
    assert_eq!(d.stages, [SamplerStage { kind: SamplerKind::TopP, kept: 2, changed: 0 }]);
    assert!((d.candidates[0].sampled_probability - 0.582 / 0.964).abs() < 1e-5);
    assert_eq!(d.candidates[2].cut_by, Some(SamplerKind::TopP));
    assert_eq!(d.candidates[2].sampled_probability, 0.0);
}

#[test]
fn each_step_works_on_what_the_one_before_left() {
    let d = of(
        &logits(&[0.4, 0.3, 0.2, 0.06, 0.04]),
        5,
        SamplerSettings { top_k: 3, top_p: 0.7, min_p: 0.9, ..settings() },
    );
    // top-k leaves .4 .3 .2 (of .9), top-p .7 of that .4 .3, min-p .9 of .4 only .4.
    let kept: Vec<u32> = d.stages.iter().map(|stage| stage.kept).collect();
    assert_eq!(kept, [3, 2, 1]);
    let cuts: Vec<_> = d.candidates.iter().map(|c| c.cut_by).collect();
    use SamplerKind::{MinP, TopK, TopP};
    assert_eq!(cuts, [None, Some(MinP), Some(TopP), Some(TopK), Some(TopK)]);
    assert_eq!(d.candidates[0].sampled_probability, 1.0);
}

#[test]
fn at_temperature_zero_p_stays_that_of_temperature_one_and_the_arg_max_is_drawn() {
    let d = of(
        &logits(&[0.1, 0.2, 0.6, 0.1]),
        4,
        SamplerSettings { temperature: 0.0, ..settings() },
    );
    assert_eq!((d.greedy, d.sampled.token.id), (2, 2));
    assert!((d.candidates[0].probability - 0.6).abs() < 1e-6);
    assert_eq!(d.candidates[0].sampled_probability, 1.0);
    assert_eq!(d.candidates[1].cut_by, Some(SamplerKind::Greedy));
}

#[test]
fn temperature_sharpens_q_and_leaves_p() {
    let d =
        of(&logits(&[0.6, 0.4]), 2, SamplerSettings { temperature: 0.5, ..settings() });
    assert!((d.candidates[0].probability - 0.6).abs() < 1e-6);
    assert!((d.candidates[0].sampled_probability - 0.36 / 0.52).abs() < 1e-6);
}

#[test]
fn entropy_is_of_the_full_vocabulary_however_few_rows_are_listed() {
    let d = of(&[0.0; 1024], 3, settings());
    assert!((d.entropy_bits - 10.0).abs() < 1e-5);
    assert!(of(&[100.0, 0.0], 2, settings()).entropy_bits < 1e-5);
}

#[test]
fn draws_follow_q() {
    let logits = logits(&[0.5, 0.3, 0.15, 0.05]);
    let mut counts = [0u32; 4];
    for seed in 0..20_000 {
        let settings = SamplerSettings { top_k: 3, seed, ..settings() };
        counts[of(&logits, 2, settings).sampled.token.id as usize] += 1;
    }
    let shares = counts.map(|n| n as f32 / 20_000.0);
    for (share, q) in shares.iter().zip([0.5 / 0.95, 0.3 / 0.95, 0.15 / 0.95, 0.0]) {
        // Four standard deviations of a share of 20,000 draws.
        assert!((share - q).abs() < 0.0142, "{shares:?}");
    }
}

#[test]
fn a_token_outside_of_the_rows_can_be_drawn_and_watched() {
    let settings = settings();
    let view = View {
        settings: &settings,
        position: 0,
        candidates: 1,
        watch: &[3, 0],
        context: SamplerContext::default(),
    };
    let d = distribution(&logits(&[0.1, 0.6, 0.2, 0.1]), view, &token).unwrap();
    let watched: Vec<_> = d.watched.iter().map(|c| (c.token.id, c.rank)).collect();
    assert_eq!(watched, [(3, 4), (0, 3)]);
    assert_eq!(d.candidates.len(), 1);
}

#[test]
fn a_score_agrees_with_the_distribution() {
    let logits = logits(&[0.1, 0.6, 0.2, 0.1]);
    let score = token_score(&logits, 3).unwrap().score;
    assert_eq!(score.rank, 4);
    assert!((score.probability - 0.1).abs() < 1e-6);
    assert!((score.surprisal_bits - 10f32.log2()).abs() < 1e-5);
    assert_eq!(score.entropy_bits, of(&logits, 1, settings()).entropy_bits);
}

#[test]
fn a_logit_that_is_not_a_number_is_an_error() {
    let settings = settings();
    let view = View {
        settings: &settings,
        position: 0,
        candidates: 1,
        watch: &[],
        context: SamplerContext::default(),
    };
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(distribution(&[0.0, bad], view, &token).is_err());
        assert!(token_score(&[0.0, bad], 0).is_err());
        let on_device = Tensor::new(&[0.0, bad], &Device::Cpu).unwrap();
        assert!(distribution_on_device(&on_device, view, &token).is_err());
        let row = on_device.unsqueeze(0).unwrap();
        assert!(token_scores_on_device(&row, &[0]).is_err());
    }
    assert!(distribution(&[], view, &token).is_err());
}

#[test]
fn a_sampler_that_keeps_nothing_keeps_the_top_token() {
    let settings =
        SamplerSettings { temperature: 0.01, top_p: 1e-30, min_p: 1.0, ..settings() };
    let d = of(&[5.0, 5.0, 1.0], 3, settings);
    assert_eq!(d.stages.last().map(|stage| stage.kept), Some(1));
    assert_eq!(d.sampled.token.id, 0);
}

/// Vocabularies of many sizes and shapes, by name.
fn vocabularies() -> Vec<(String, Vec<f32>)> {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1u32 << 24) as f32
    };
    let mut all = Vec::new();
    for count in [1, 2, 63, 1000, 1024, 1025, 5000, 49_152] {
        let smooth: Vec<f32> = (0..count).map(|_| 12.0 * noise().powi(3) - 3.0).collect();
        // As if rounded to 16 bits: many are equal.
        let coarse = smooth.iter().map(|logit| (logit * 8.0).round() / 8.0).collect();
        let falling = (0..count).map(|id| 20.0 - (id as f32).ln_1p()).collect();
        let rising = (0..count).map(|id| id as f32 * -1e-4 - 100.0).rev().collect();
        all.push((format!("{count} smooth"), smooth));
        all.push((format!("{count} coarse"), coarse));
        all.push((format!("{count} equal"), vec![-7.5; count]));
        all.push((format!("{count} falling"), falling));
        all.push((format!("{count} rising"), rising));
    }
    all
}

fn close(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 + 2e-5 * b.abs()
}

fn same(a: &Candidate, b: &Candidate) -> bool {
    let exact = |c: &Candidate| (c.rank, c.token.id, c.logit, c.cut_by);
    exact(a) == exact(b)
        && close(a.probability, b.probability)
        && close(a.sampled_probability, b.sampled_probability)
}

#[test]
fn a_device_gives_the_distribution_that_memory_gives() {
    for (name, logits) in vocabularies() {
        let on_device = Tensor::new(&*logits, &Device::Cpu).unwrap();
        let last = logits.len() as u32 - 1;
        for (temperature, top_k, top_p, min_p) in [
            (0.0, 0, 1.0, 0.0),
            (0.7, 0, 1.0, 0.0),
            (1.0, 40, 0.9, 0.05),
            (2.0, 0, 0.95, 0.0),
            (1.3, 0, 1.0, 0.02),
        ] {
            let settings = SamplerSettings {
                temperature,
                top_k,
                top_p,
                min_p,
                seed: top_k,
                ..settings()
            };
            let watch = [0, last / 2, last];
            let view = View {
                settings: &settings,
                position: 9,
                candidates: 50,
                watch: &watch,
                context: SamplerContext::default(),
            };
            let here = distribution(&logits, view, &token).unwrap();
            let there = distribution_on_device(&on_device, view, &token).unwrap();
            let case = format!("{name}, {settings:?}");
            for (a, b) in [
                (&there.candidates, &here.candidates),
                (&there.watched, &here.watched),
                (&vec![there.sampled.clone()], &vec![here.sampled.clone()]),
            ] {
                assert_eq!(a.len(), b.len(), "{case}");
                for (a, b) in a.iter().zip(b) {
                    assert!(same(a, b), "{case}: {a:?} is not {b:?}");
                }
            }
            assert_eq!(there.stages, here.stages, "{case}");
            assert_eq!((there.greedy, there.draw), (here.greedy, here.draw), "{case}");
            assert!(close(there.entropy_bits, here.entropy_bits), "{case}");
            assert_eq!(there.outside.tokens, here.outside.tokens, "{case}");
            let off = (there.outside.probability - here.outside.probability).abs();
            assert!(off < 1e-5, "{case}: {off}");
        }
    }
}

#[test]
fn a_device_gives_the_scores_that_memory_gives() {
    for (name, logits) in vocabularies() {
        let count = logits.len();
        let rows: Vec<f32> = logits.iter().chain(logits.iter().rev()).copied().collect();
        let on_device = Tensor::new(&*rows, &Device::Cpu).unwrap();
        let on_device = on_device.reshape((2, count)).unwrap();
        let ids = [count as u32 - 1, count as u32 / 3];
        let there = token_scores_on_device(&on_device, &ids).unwrap();
        for ((row, id), there) in rows.chunks(count).zip(ids).zip(there) {
            let here = token_score(row, id).unwrap().score;
            assert_eq!(
                row[there.best as usize],
                row.iter().copied().fold(-1e9, f32::max)
            );
            let there = there.score;
            assert!(close(there.best_probability, here.best_probability), "{name}");
            assert!((there.margin - here.margin).abs() < 1e-5, "{name}");
            assert_eq!(there.rank, here.rank, "{name}");
            assert!(close(there.probability, here.probability), "{name}");
            assert!(close(there.surprisal_bits, here.surprisal_bits), "{name}");
            assert!(close(there.entropy_bits, here.entropy_bits), "{name}");
        }
    }
}

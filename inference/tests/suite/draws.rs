//! A distribution drawn from many times, and swept by a knob.

use std::collections::HashMap;

use candle_core::{Device, Tensor};
use inference::distribution::{
    SamplerContext, View, draws, draws_on_device, sweep, sweep_on_device,
};
use protocol::{DrawnToken, SamplerOrder, SamplerSettings, SweptKnob, Token, TokenId};

use crate::sampler::all;

#[test]
fn draws_are_what_each_seed_draws_by_itself() {
    let logits: Vec<f32> = (0..200).map(|id| (id * 37 % 101) as f32 / 20.0).collect();
    for banned in [vec![], vec![73, 100]] {
        let settings = SamplerSettings {
            temperature: 0.8,
            top_p: 0.9,
            seed: u32::MAX - 5,
            banned,
            ..Default::default()
        };
        let token = |id| Token::new(id, vec![b'a'], false);
        let mut counts = HashMap::new();
        for index in 0..3000u32 {
            let seed = settings.seed.wrapping_add(index);
            let settings = SamplerSettings { seed, ..settings.clone() };
            let seen =
                all(&logits, &settings, SamplerContext { text: &[1; 7], allowed: None });
            *counts.entry(seen.sampled.token.id).or_insert(0) += 1;
        }
        let context = SamplerContext { text: &[1; 7], allowed: None };
        let view = View {
            settings: &settings,
            position: 7,
            candidates: 20,
            watch: &[],
            context,
        };
        let drawn = draws(&logits, view, 3000, &token).unwrap();
        assert_eq!(drawn.draws, 3000);
        assert_eq!(drawn.distinct as usize, counts.len());
        let listed: u32 = drawn.tokens.iter().map(|token| token.draws).sum();
        assert_eq!(listed + drawn.outside_draws, 3000);
        let all = all(&logits, &settings, context);
        for token in &drawn.tokens {
            let id = token.candidate.token.id;
            assert_eq!(token.draws, counts.get(&id).copied().unwrap_or(0), "{id}");
            assert!(all.candidates.contains(&token.candidate));
        }
        let rising = |pair: &[DrawnToken]| {
            pair[0].candidate.sampled_probability < pair[1].candidate.sampled_probability
        };
        assert!(!drawn.tokens.windows(2).any(rising));
        let q: f32 =
            drawn.tokens.iter().map(|token| token.candidate.sampled_probability).sum();
        assert!((q + drawn.outside.sampled_probability - 1.0).abs() < 1e-5);
        let test = drawn.chi_square.unwrap();
        assert!(test.p_value > 1e-3, "{test:?}");

        let row = Tensor::new(&*logits, &Device::Cpu).unwrap();
        let on_device = draws_on_device(&row, view, 3000, &token).unwrap();
        assert_eq!(on_device.distinct, drawn.distinct);
        let ids = |drawn: &protocol::Draws| -> Vec<(TokenId, u32)> {
            drawn.tokens.iter().map(|t| (t.candidate.token.id, t.draws)).collect()
        };
        assert_eq!(ids(&on_device), ids(&drawn));
    }
}

#[test]
fn nothing_is_drawn_where_nothing_can_be() {
    let settings = SamplerSettings { banned: vec![0, 1], ..Default::default() };
    let context = SamplerContext::default();
    let view =
        View { settings: &settings, position: 1, candidates: 5, watch: &[], context };
    let token = |id| Token::new(id, vec![b'a'], false);
    let drawn = draws(&[1.0, 2.0], view, 10, &token).unwrap();
    assert_eq!((drawn.draws, drawn.distinct, drawn.tokens.len()), (0, 0, 0));
    assert_eq!(drawn.chi_square, None);
    let swept = (SweptKnob::TopP, &[0.5, 1.0][..]);
    let swept = sweep(&[1.0, 2.0], view, swept, &token).unwrap();
    assert!(swept.points.iter().all(|point| point.kept == 0 && point.outside == 0.0));
}

#[test]
fn a_sweep_gives_q_of_each_value() {
    let logits: Vec<f32> = (0..300).map(|id| (id * 37 % 101) as f32 / 20.0).collect();
    let settings = SamplerSettings {
        top_k: 60,
        repetition_penalty: 1.2,
        order: SamplerOrder::TemperatureLast,
        ..Default::default()
    };
    let text = [3, 3, 90];
    let context = SamplerContext { text: &text, allowed: None };
    let view =
        View { settings: &settings, position: 3, candidates: 12, watch: &[], context };
    let token = |id| Token::new(id, vec![b'a'], false);
    for (knob, values) in [
        (SweptKnob::Temperature, [0.0, 0.5, 2.0]),
        (SweptKnob::TopP, [0.1, 0.7, 1.0]),
        (SweptKnob::MinP, [0.0, 0.2, 1.0]),
        (SweptKnob::TypicalP, [0.2, 0.9, 1.0]),
    ] {
        let swept = sweep(&logits, view, (knob, &values), &token).unwrap();
        for (point, value) in swept.points.iter().zip(values) {
            let at = knob.at(&settings, value);
            let seen = all(&logits, &at, context);
            assert_eq!(point.value, value);
            let kept = seen.stages.last().map_or(300, |stage| stage.kept);
            assert_eq!(point.kept, kept, "{knob:?} {value}");
            let mut rest = 1.0;
            for (place, q) in point.sampled_probabilities.iter().enumerate() {
                assert_eq!(swept.tokens[place].token, seen.candidates[place].token);
                assert_eq!(*q, seen.candidates[place].sampled_probability);
                rest -= q;
            }
            assert!((point.outside - rest).abs() < 1e-5);
        }
        let row = Tensor::new(&*logits, &Device::Cpu).unwrap();
        let on_device = sweep_on_device(&row, view, (knob, &values), &token).unwrap();
        for (here, there) in swept.points.iter().zip(&on_device.points) {
            assert_eq!(here.kept, there.kept);
            let pairs =
                here.sampled_probabilities.iter().zip(&there.sampled_probabilities);
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}

//! What is found inside of a model: against transformers for every architecture
//! (`fixtures/*/inside.json`), and the fused decoder's taps against the candle decoder's.

use std::path::Path;

use inference::inside::{
    attribution_parts, contributions, final_states, lens_layer, most_probable,
};
use inference::{LanguageModel, Logits, ModelWeights, Part, TappedHeads, Taps};
use kernels::{Kernels, Team};
use protocol::{LensLayer, Precision, Token};
use serde::Deserialize;

use crate::architectures::{Expected, decoder, for_each_fixture};
use crate::models::{fused, fused_alone, runs_fused};
use crate::on_a_thread;

/// The largest difference of a probability, a weight or a logarithm that passes in f32.
const TOLERANCE: f64 = 1e-4;

/// What `make_inside.py` writes.
#[derive(Deserialize)]
struct Inside {
    followed: Vec<u32>,
    /// Entropy in bits, then probability and rank of each followed token.
    lens: Vec<(f64, Vec<(f64, u32)>)>,
    attention: Vec<Vec<Vec<f64>>>,
    head: [usize; 2],
    head_weights: Vec<Vec<f64>>,
    ln_p: f64,
    ln_p_without: Vec<f64>,
}

fn for_each(test: impl Fn(&str, &Path, &Expected, &Inside)) {
    for_each_fixture(|name, folder, expected| {
        let json = std::fs::read(folder.join("inside.json")).unwrap();
        let inside = serde_json::from_slice(&json).unwrap();
        test(name, folder, &expected, &inside);
    });
}

fn token(id: u32) -> Token {
    Token::new(id, Vec::new(), false)
}

/// Reads all but the last id, then the last one with taps.
fn tapped(model: &mut dyn LanguageModel, ids: &[u32], mut taps: Taps) -> Taps {
    let (last, before) = ids.split_last().unwrap();
    model.truncate(0, 0);
    model.read(&[Part { slot: 0, ids: before }]).unwrap();
    model.read_tapped(Part { slot: 0, ids: &[*last] }, &mut taps).unwrap();
    taps
}

/// The stream after the embedding and after each layer: every second point.
fn after_layers(taps: &Taps, hidden: usize) -> Vec<f32> {
    taps.stream.chunks(2 * hidden).flat_map(|points| points[..hidden].to_vec()).collect()
}

fn ln_p(logits: &Logits, id: u32) -> f64 {
    let bits = logits.token_scores(&[id]).unwrap()[0].score.surprisal_bits;
    -f64::from(bits) * std::f64::consts::LN_2
}

fn largest<'a>(
    actual: impl IntoIterator<Item = &'a f32>,
    expected: impl IntoIterator<Item = &'a f64>,
) -> f64 {
    let pairs = actual.into_iter().zip(expected);
    pairs.map(|(a, e)| (f64::from(*a) - e).abs()).fold(0.0, f64::max)
}

#[test]
fn the_lens_has_the_probabilities_of_transformers_after_every_layer() {
    for_each(|name, folder, expected, inside| {
        let mut model = decoder(folder, Precision::F32);
        let taps = tapped(&mut model, &expected.ids, Taps::stream());
        let streams = after_layers(&taps, model.state_size());
        let states = final_states(&model, &streams).unwrap();
        let (logits, vocab_size) = model.logits(&states).unwrap().into_values().unwrap();
        let layers: Vec<LensLayer> = logits
            .chunks_exact(vocab_size)
            .map(|row| lens_layer(row, 3, &inside.followed, &token).unwrap())
            .collect();
        assert_eq!(layers.len(), inside.lens.len(), "{name}");
        for (index, (layer, (bits, ranks))) in layers.iter().zip(&inside.lens).enumerate()
        {
            let difference = (f64::from(layer.entropy_bits) - bits).abs();
            assert!(difference < 1e-3, "{name}, layer {index}: {difference}");
            for (found, (p, rank)) in layer.followed.iter().zip(ranks) {
                let difference = (f64::from(found.probability) - p).abs();
                assert!(difference < TOLERANCE, "{name}, layer {index}: {difference}");
                // Tokens that are as good as equal may change places.
                assert!(found.rank.abs_diff(*rank) <= 1, "{name}, layer {index}");
            }
        }
        let first = &layers.last().unwrap().top[0];
        assert_eq!(first.token.id, inside.followed[0], "{name}");
    });
}

#[test]
fn attention_weights_are_those_of_transformers() {
    for_each(|name, folder, expected, inside| {
        let mut model = decoder(folder, Precision::F32);
        let taps = Taps::heads(TappedHeads::LastToken { layer: None });
        let taps = tapped(&mut model, &expected.ids, taps);
        assert_eq!(taps.attention.len(), inside.attention.len(), "{name}");
        for (weights, expected) in taps.attention.iter().zip(&inside.attention) {
            assert_eq!(weights.len(), expected.iter().map(Vec::len).sum::<usize>());
            let worst = largest(weights, expected.iter().flatten());
            assert!(worst < TOLERANCE, "{name}: {worst}");
        }
        if inside.head_weights.is_empty() {
            return;
        }
        let [layer, head] = inside.head;
        let mut taps = Taps::heads(TappedHeads::One { layer, head });
        model.truncate(0, 0);
        // In two parts: what is kept is appended.
        for ids in expected.ids.chunks(17) {
            model.read_tapped(Part { slot: 0, ids }, &mut taps).unwrap();
        }
        assert_eq!(taps.attention.len(), inside.head_weights.len(), "{name}");
        for (row, expected) in taps.attention.iter().zip(&inside.head_weights) {
            assert_eq!(row.len(), expected.len(), "{name}");
            let worst = largest(row, expected);
            assert!(worst < TOLERANCE, "{name}: {worst}");
        }
    });
}

#[test]
fn without_a_token_the_prediction_is_that_of_transformers() {
    for_each(|name, folder, expected, inside| {
        let mut model = decoder(folder, Precision::F32);
        let ids = &expected.ids;
        let states = model.read(&[Part { slot: 0, ids }]).unwrap();
        let last = &states[states.len() - model.state_size()..];
        let with_all = ln_p(&model.logits(last).unwrap(), inside.followed[0]);
        assert!((with_all - inside.ln_p).abs() < TOLERANCE, "{name}: {with_all}");
        // From the last token to the first, what precedes each is still cached.
        for index in (0..ids.len()).rev() {
            let start = index.min(ids.len() - 2);
            model.truncate(0, start);
            let rest =
                if index == start { &ids[index + 1..] } else { &ids[start..index] };
            let states = model.read(&[Part { slot: 0, ids: rest }]).unwrap();
            let last = &states[states.len() - model.state_size()..];
            let without = ln_p(&model.logits(last).unwrap(), inside.followed[0]);
            let difference = (without - inside.ln_p_without[index]).abs();
            assert!(difference < TOLERANCE, "{name}, {index}: {difference}");
        }
    });
}

#[test]
fn contributions_add_up_to_the_logit() {
    for_each(|name, folder, expected, inside| {
        let mut model = decoder(folder, Precision::F32);
        let taps = tapped(&mut model, &expected.ids, Taps::stream());
        let cap = inference::ModelWeights::config(&model).logit_cap;
        for id in &inside.followed {
            let parts = contributions(&model, &taps.stream, *id).unwrap();
            assert_eq!(parts.len(), attribution_parts(&model).len(), "{name}");
            let sum: f64 = parts.iter().sum();
            let logit = cap.map_or(sum, |cap| {
                let cap = f64::from(cap);
                (sum / cap).tanh() * cap
            });
            let expected = f64::from(expected.logits.last().unwrap()[*id as usize]);
            assert!((logit - expected).abs() < 1e-3, "{name}: {logit}, not {expected}");
        }
    });
}

#[test]
fn the_fused_decoder_keeps_the_stream_that_its_own_states_are_made_of() {
    for_each(|name, folder, expected, _| {
        if !runs_fused(folder) {
            return;
        }
        for (kernels, threads) in [(Kernels::detect(), 3), (Kernels::plain(), 1)] {
            let team = Team::new(threads, on_a_thread);
            let mut model = fused(folder, Precision::Q8, team, kernels);
            let (hidden, ids) = (model.state_size(), &expected.ids);
            let untapped = model.read(&[Part { slot: 0, ids }]).unwrap();
            // One pass of all tokens, and one of a single token.
            let (_, before) = ids.split_last().unwrap();
            for (kept, ids) in [(0, &ids[..]), (before.len(), &ids[before.len()..])] {
                model.truncate(0, kept);
                let mut taps = Taps::stream();
                let part = Part { slot: 0, ids };
                let states = model.read_tapped(part, &mut taps).unwrap();
                for (a, b) in states.iter().zip(&untapped[kept * hidden..]) {
                    assert!((a - b).abs() < 1e-3, "{name}: {a}, not {b}");
                }
                let points = Taps::points(model_layers(&model));
                let tokens = taps.stream.chunks_exact(points * hidden);
                assert_eq!(tokens.len(), ids.len(), "{name}");
                for (points, state) in tokens.zip(states.chunks_exact(hidden)) {
                    let last = &points[points.len() - hidden..];
                    let own = final_states(&model, last).unwrap();
                    for (a, b) in own.iter().zip(state) {
                        assert!((a - b).abs() < 1e-4, "{name}: {a}, not {b}");
                    }
                }
            }
        }
    });
}

fn model_layers(model: &dyn LanguageModel) -> usize {
    inference::ModelWeights::config(model).num_hidden_layers
}

#[test]
fn the_fused_decoder_finds_what_the_candle_decoder_finds() {
    for_each(|name, folder, expected, inside| {
        if !runs_fused(folder) {
            return;
        }
        let mut model = fused_alone(folder, Precision::Q8);
        let taps = Taps {
            keeps_stream: true,
            ..Taps::heads(TappedHeads::LastToken { layer: None })
        };
        let taps = tapped(&mut model, &expected.ids, taps);
        // Eight bits of a tiny model are some percent off; a wrong head, window or point
        // is off by much more.
        let (mut off, mut count) = (0.0, 0.0);
        for (weights, expected) in taps.attention.iter().zip(&inside.attention) {
            assert_eq!(weights.len(), expected.iter().map(Vec::len).sum::<usize>());
            for (a, e) in weights.iter().zip(expected.iter().flatten()) {
                assert!(*e > 0.0 || *a < 1e-5, "{name}: outside of the window");
                off += (f64::from(*a) - e).abs();
                count += e;
            }
        }
        assert!(off / f64::max(count, 1.0) < 0.1, "{name}: {}", off / count);
        let mut exact = decoder(folder, Precision::F32);
        let exact = tapped(&mut exact, &expected.ids, Taps::stream());
        let squares = |x: f32| f64::from(x * x);
        let error: f64 =
            taps.stream.iter().zip(&exact.stream).map(|(a, e)| squares(a - e)).sum();
        let power: f64 = exact.stream.iter().map(|x| squares(*x)).sum();
        assert!((error / power).sqrt() < 0.1, "{name}: {}", (error / power).sqrt());
        if inside.head_weights.is_empty() {
            return;
        }
        // One layer alone is what it is among all.
        let [layer, _] = inside.head;
        let only = Taps::heads(TappedHeads::LastToken { layer: Some(layer) });
        let only = tapped(&mut model, &expected.ids, only).attention;
        assert_eq!(only[layer], taps.attention[layer], "{name}");
        assert_eq!(only.iter().filter(|weights| !weights.is_empty()).count(), 1);
        // One head of all tokens ends with that head of the last token.
        let [layer, head] = inside.head;
        let mut matrix = Taps::heads(TappedHeads::One { layer, head });
        model.truncate(0, 0);
        for ids in expected.ids.chunks(17) {
            model.read_tapped(Part { slot: 0, ids }, &mut matrix).unwrap();
        }
        let length = expected.ids.len();
        let last = &taps.attention[layer][head * length..(head + 1) * length];
        let lengths: Vec<usize> = matrix.attention.iter().map(Vec::len).collect();
        assert_eq!(lengths, (1..=length).collect::<Vec<_>>(), "{name}");
        for (a, b) in matrix.attention.last().unwrap().iter().zip(last) {
            assert!((a - b).abs() < 1e-3, "{name}: {a}, not {b}");
        }
        for row in &matrix.attention {
            let sum: f32 = row.iter().sum();
            // A sink takes the rest.
            let sinks = model.config().attention.sinks;
            assert!(sum < 1.0 + 1e-5, "{name}: {sum}");
            assert!(sum > 1.0 - 1e-5 || sinks && sum > 0.0, "{name}: {sum}");
        }
    });
}

#[test]
fn of_equal_logits_the_first_is_the_most_probable() {
    assert_eq!(most_probable(&[0.0, 2.0, 2.0]).unwrap(), 1);
    assert!(most_probable(&[]).is_err());
    assert!(most_probable(&[1.0, f32::NAN]).is_err());
}

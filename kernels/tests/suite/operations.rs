//! The small steps and attention.

use std::ops::Range;

use kernels::{
    Activation, CHUNK, CacheFormat, Format, HeadCache, Kernels, PART, PackedMatrix,
    Scores, Scratch, Team, chunks, rotate,
};

use crate::random::Random;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn norms_have_a_mean_square_of_one() {
    let mut random = Random::new(3);
    for width in [1, 8, 15, 64, 100, 576, 960] {
        let (x, weight) = (random.numbers(width, 2.0), random.numbers(width, 1.0));
        let squares: f64 = x.iter().map(|x| f64::from(*x).powi(2)).sum();
        let root = (squares / width as f64 + 1e-5).sqrt();
        for kernels in Kernels::all() {
            let mut out = vec![0.0; width];
            kernels.norm(&x, &weight, 1e-5, &mut out);
            for ((out, x), weight) in out.iter().zip(&x).zip(&weight) {
                let expected = f64::from(*x) / root * f64::from(*weight);
                assert!(
                    (f64::from(*out) - expected).abs() < 1e-5 * expected.abs().max(1.0)
                );
            }
        }
    }
}

#[test]
fn layer_norms_have_a_mean_of_zero_and_a_variance_of_one() {
    let mut random = Random::new(13);
    for width in [1, 8, 15, 64, 100, 576, 960] {
        let (x, weight) = (random.numbers(width, 2.0), random.numbers(width, 1.0));
        let x: Vec<f32> = x.iter().map(|x| x + 3.0).collect();
        let bias = random.numbers(width, 1.0);
        let mean = x.iter().map(|x| f64::from(*x)).sum::<f64>() / width as f64;
        let squares: f64 = x.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum();
        let root = (squares / width as f64 + 1e-5).sqrt();
        for kernels in Kernels::all() {
            for bias in [None, Some(&bias[..])] {
                let mut out = vec![0.0; width];
                kernels.layer_norm(&x, &weight, bias, 1e-5, &mut out);
                for (i, out) in out.iter().enumerate() {
                    let scaled = (f64::from(x[i]) - mean) / root * f64::from(weight[i]);
                    let expected = scaled + bias.map_or(0.0, |bias| f64::from(bias[i]));
                    assert!(
                        (f64::from(*out) - expected).abs()
                            < 1e-5 * expected.abs().max(1.0)
                    );
                }
            }
        }
    }
}

/// The error function by its series, and by its continued fraction where that is better.
fn erf(x: f64) -> f64 {
    let mut term = x;
    let mut sum = x;
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    if x.abs() > 4.0 { x.signum() } else { sum * 2.0 / std::f64::consts::PI.sqrt() }
}

#[test]
fn activations_are_those_of_their_formulas_and_gates_multiply() {
    let mut random = Random::new(4);
    let (gate, up) = (random.numbers(1000, 20.0), random.numbers(1000, 3.0));
    let gate: Vec<f32> = gate.iter().chain(&random.numbers(1000, 2.0)).copied().collect();
    let up: Vec<f32> = up.iter().chain(&up).copied().collect();
    let root = (2.0 / std::f64::consts::PI).sqrt();
    let formula = |activation, x: f64| match activation {
        Activation::Silu => x / (1.0 + (-x).exp()),
        Activation::Gelu => x * (1.0 + erf(x / 2f64.sqrt())) / 2.0,
        Activation::GeluTanh => {
            x * (1.0 + (root * (x + 0.044715 * x.powi(3))).tanh()) / 2.0
        }
    };
    for activation in [Activation::Silu, Activation::Gelu, Activation::GeluTanh] {
        for kernels in Kernels::all() {
            let (mut gated, mut alone) = (up.clone(), gate.clone());
            kernels.gated(activation, &gate, &mut gated);
            kernels.activated(activation, &mut alone);
            for (i, gate) in gate.iter().enumerate() {
                let expected = formula(activation, f64::from(*gate));
                let check = |actual: f32, expected: f64| {
                    let error = (f64::from(actual) - expected).abs();
                    assert!(
                        error < 1e-6 * expected.abs().max(1.0),
                        "{activation:?}({gate}): {actual} instead of {expected}"
                    );
                };
                check(alone[i], expected);
                check(gated[i], expected * f64::from(up[i]));
            }
        }
    }
}

#[test]
fn rotation_turns_each_pair_by_its_angle() {
    let (cos, sin): (Vec<f32>, Vec<f32>) =
        [0.3f32, 1.2, 2.9, -0.4].iter().map(|a| (a.cos(), a.sin())).unzip();
    let head: Vec<f32> = (1..=8).map(|x| x as f32).collect();
    for interleaved in [false, true] {
        let mut rotated = head.clone();
        rotate(&mut rotated, &cos, &sin, interleaved);
        for pair in 0..4 {
            let (a, b) =
                if interleaved { (2 * pair, 2 * pair + 1) } else { (pair, pair + 4) };
            let x = head[a] * cos[pair] - head[b] * sin[pair];
            let y = head[a] * sin[pair] + head[b] * cos[pair];
            assert!((rotated[a] - x).abs() < 1e-6 && (rotated[b] - y).abs() < 1e-6);
        }
    }
}

/// Keys and values for attention, and queries that share them.
struct Case {
    queries: Vec<Vec<f32>>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    scores: Scores,
}

impl Case {
    fn new(
        heads: usize,
        width: usize,
        length: usize,
        cap: Option<f32>,
        random: &mut Random,
    ) -> Case {
        let mut vectors = |count: usize, scale| {
            (0..count).map(|_| random.numbers(width, scale)).collect()
        };
        let (keys, values) = (vectors(length, 2.0), vectors(length, 1.0));
        let scores = Scores { factor: 1.0 / (width as f32).sqrt(), cap };
        Case { queries: vectors(heads, 1.0), keys, values, scores }
    }

    fn expected(&self, head: usize, range: Range<usize>) -> Vec<f64> {
        let score = |key: &Vec<f32>| {
            let products = key.iter().zip(&self.queries[head]);
            let dot: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let score = dot * f64::from(self.scores.factor);
            match self.scores.cap.map(f64::from) {
                Some(cap) => (cap * (score / cap).tanh()).exp(),
                None => score.exp(),
            }
        };
        let weights: Vec<f64> = self.keys[range.clone()].iter().map(score).collect();
        let sum: f64 = weights.iter().sum();
        let values = &self.values[range];
        let channel = |channel: usize| {
            let mixed = weights.iter().zip(values);
            mixed.map(|(w, v)| w * f64::from(v[channel])).sum::<f64>() / sum
        };
        (0..self.queries[head].len()).map(channel).collect()
    }

    /// What some of the heads give when they are taken together.
    fn actual(
        &self,
        kernels: &Kernels,
        format: CacheFormat,
        heads: Range<usize>,
        range: Range<usize>,
    ) -> Vec<Vec<f32>> {
        let width = self.queries[0].len();
        let mut keys = HeadCache::for_keys(format, width);
        let mut values = HeadCache::for_values(format, width);
        self.keys.iter().for_each(|key| keys.push(key));
        self.values.iter().for_each(|value| values.push(value));
        let queries = self.queries[heads.clone()].concat();
        let scratch = &mut Scratch::default();
        let size = width + PART;
        let count = chunks(range.clone()).count();
        let mut parts = vec![0.0; count * heads.len() * size];
        let scores = self.scores;
        kernels.attend(&queries, &keys, &values, range, scores, scratch, &mut parts);
        (0..heads.len())
            .map(|head| {
                let mut out = vec![0.0; width];
                kernels.join(&parts[head * size..], heads.len() * size, &mut out);
                out
            })
            .collect()
    }
}

#[test]
fn attention_mixes_values_by_the_softmax_of_scores() {
    let mut random = Random::new(5);
    let shapes =
        [(8, 1), (8, 40), (64, 17), (80, 33), (96, 7), (128, 300), (256, 5), (36, 66)];
    for (index, (width, length)) in shapes.into_iter().cycle().take(16).enumerate() {
        let cap = (index >= shapes.len()).then_some(1.5);
        let heads = 1 + index % 8;
        let case = Case::new(heads, width, length, cap, &mut random);
        for range in [0..length, length / 2..length] {
            for kernels in Kernels::all() {
                // The wider queries are, the fewer bits they have.
                let rounded = if width > 128 { 2e-2 } else { 5e-3 };
                for (format, tolerance) in
                    [(CacheFormat::F32, 1e-5), (CacheFormat::I16, rounded)]
                {
                    let actual = case.actual(&kernels, format, 0..heads, range.clone());
                    for (head, actual) in actual.iter().enumerate() {
                        let expected = case.expected(head, range.clone());
                        for (a, e) in actual.iter().zip(&expected) {
                            let error = (f64::from(*a) - e).abs();
                            assert!(error < tolerance, "{}: {a} {e}", kernels.name());
                        }
                        let alone = head..head + 1;
                        let alone = case.actual(&kernels, format, alone, range.clone());
                        assert_eq!(*actual, alone[0], "a head is the same in company");
                    }
                }
            }
        }
    }
}

#[test]
fn a_mean_over_many_positions_is_as_exact_as_the_values() {
    // A query of zeros looks at all positions alike; one position more than counts, so that
    // weights are small; and a value that is much larger than all others.
    let (mut random, no_cap) = (Random::new(8), None);
    let (width, length) = (64, 1001);
    let mut case = Case::new(3, width, length, no_cap, &mut random);
    case.queries.iter_mut().for_each(|query| query.fill(0.0));
    case.values[17].iter_mut().for_each(|channel| *channel *= 100.0);
    for range in [0..length, 1..2, 5..length - 7] {
        for kernels in Kernels::all() {
            let heads = case.actual(&kernels, CacheFormat::I16, 0..3, range.clone());
            for (head, actual) in heads.iter().enumerate() {
                let expected = case.expected(head, range.clone());
                for (a, e) in actual.iter().zip(&expected) {
                    let error = (f64::from(*a) - e).abs();
                    assert!(error < 2e-4, "{}, {range:?}: {a} {e}", kernels.name());
                }
            }
        }
    }
}

#[test]
fn what_was_cut_off_of_a_cache_has_no_part_in_attention() {
    let (width, scores) = (16, Scores { factor: 0.25, cap: None });
    let mut keys = HeadCache::for_keys(CacheFormat::I16, width);
    let mut values = HeadCache::for_values(CacheFormat::I16, width);
    let kept = 40;
    for position in 0..=kept {
        let channel = if position < kept { 1.0 } else { f32::INFINITY };
        keys.push(&vec![channel; width]);
        values.push(&vec![channel; width]);
    }
    keys.truncate(kept);
    values.truncate(kept);
    for kernels in Kernels::all() {
        let scratch = &mut Scratch::default();
        let (mut parts, mut out) = (vec![0.0; width + PART], vec![0.0; width]);
        let query = vec![1.0; width];
        let range = 0..kept;
        kernels.attend(&query, &keys, &values, range, scores, scratch, &mut parts);
        kernels.join(&parts, width + PART, &mut out);
        assert!(
            out.iter().all(|x| (x - 1.0).abs() < 1e-3),
            "{}: {out:?}",
            kernels.name()
        );
    }
}

#[test]
fn a_cache_forgets_what_is_cut_off_and_copies_what_is_asked_for() {
    let vector = |number: usize| vec![number as f32; 8];
    let (keys, values) = (HeadCache::for_keys, HeadCache::for_values);
    for empty in [
        keys(CacheFormat::F32, 8),
        keys(CacheFormat::I16, 8),
        values(CacheFormat::I16, 8),
    ] {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK - 5, 500] {
            let mut cache = empty.start(0).unwrap();
            (0..3 * CHUNK).for_each(|number| cache.push(&vector(number)));
            let mut copy = cache.start(length).unwrap();
            cache.truncate(length);
            for cache in [&mut cache, &mut copy] {
                let kept = length.min(3 * CHUNK);
                assert_eq!(cache.length(), kept);
                (0..CHUNK).for_each(|number| cache.push(&vector(1000 + number)));
                assert_eq!(cache.length(), kept + CHUNK);
                for position in 0..kept + CHUNK {
                    let expected =
                        if position < kept { position } else { 1000 + position - kept };
                    let mut out = [0.0; 8];
                    cache.read(position, &mut out);
                    let error = (out[3] - expected as f32).abs();
                    assert!(error < 0.1, "{position}: {} {expected}", out[3]);
                }
            }
        }
    }
}

// Sizes that do not exist on machines of 32 bits.
#[cfg(target_pointer_width = "64")]
#[test]
fn a_cache_takes_what_it_has_set_aside_and_refuses_what_no_memory_has() {
    for format in [CacheFormat::F32, CacheFormat::I16] {
        let mut cache = HeadCache::for_keys(format, 8);
        assert!(cache.reserve(1 << 60).is_err());
        cache.reserve(CHUNK + 1).unwrap();
        assert_eq!(cache.length(), 0);
        (0..2 * CHUNK + 1).for_each(|_| cache.push(&[1.0; 8]));
        assert_eq!(cache.length(), 2 * CHUNK + 1);
        cache.reserve(CHUNK).unwrap();
        cache.truncate(3);
        assert_eq!(cache.length(), 3);
    }
    for (rows, columns) in [(usize::MAX, 33), (1 << 40, 1 << 40), (1 << 31, 1 << 31)] {
        assert!(PackedMatrix::zeros(Format::Q8, rows, columns).is_err());
    }
}

#[test]
fn a_team_of_one_needs_no_thread() {
    let mut team = Team::alone();
    team.run(1, &|member| assert_eq!((member.index, member.count), (0, 1)));
}

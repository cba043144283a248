//! Attention over a cache, against float64.

use std::ops::Range;

use fastrand::Rng;
use kernels::{
    AttentionScratch, CacheFormat, HeadCache, Kernels, LinearBias, SOFTMAX_STATS,
    ScoreScaling, chunk_ranges,
};

use crate::random::numbers;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// Keys and values for attention, and queries that share them.
struct Case {
    queries: Vec<Vec<f32>>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    scores: ScoreScaling<'static>,
    /// A bias for each position, and a sink, of each head.
    slopes: Option<Vec<f32>>,
    sinks: Option<Vec<f32>>,
}

impl Case {
    fn new(
        heads: usize,
        width: usize,
        length: usize,
        cap: Option<f32>,
        biased: bool,
        random: &mut Rng,
    ) -> Case {
        let mut vectors = |count: usize, scale| {
            (0..count).map(|_| numbers(random, width, scale)).collect()
        };
        let (keys, values) = (vectors(length, 2.0), vectors(length, 1.0));
        let factor = 1.0 / (width as f32).sqrt();
        let scores = ScoreScaling { factor, cap, bias: None };
        let queries = vectors(heads, 1.0);
        let some = |numbers: Vec<f32>| biased.then_some(numbers);
        Case {
            queries,
            keys,
            values,
            scores,
            slopes: some((1..=heads).map(|head| 0.5f32.powi(head as i32)).collect()),
            sinks: some(numbers(random, heads, 2.0)),
        }
    }

    fn expected(&self, head: usize, range: Range<usize>) -> Vec<f64> {
        let score = |(position, key): (usize, &Vec<f32>)| {
            let products = key.iter().zip(&self.queries[head]);
            let dot: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            let score = dot * f64::from(self.scores.factor);
            let score = match self.scores.cap.map(f64::from) {
                Some(cap) => cap * (score / cap).tanh(),
                None => score,
            };
            let slope = self.slopes.as_ref().map_or(0.0, |slopes| slopes[head]);
            (score + f64::from(slope) * (position as f64 - self.keys.len() as f64)).exp()
        };
        let seen = range.clone().zip(&self.keys[range.clone()]);
        let weights: Vec<f64> = seen.map(score).collect();
        let sink = self.sinks.as_ref().map_or(0.0, |sinks| f64::from(sinks[head]).exp());
        let sum: f64 = weights.iter().sum::<f64>() + sink;
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
        let scratch = &mut AttentionScratch::default();
        let size = width + SOFTMAX_STATS;
        let count = chunk_ranges(range.clone()).count();
        let mut parts = vec![0.0; count * heads.len() * size];
        let slopes = self.slopes.as_ref().map(|slopes| &slopes[heads.clone()]);
        let origin = self.keys.len();
        let bias = slopes.map(|slopes| LinearBias { slopes, origin, rounded: None });
        let scores = ScoreScaling { bias, ..self.scores };
        kernels.attend(&queries, &keys, &values, range, scores, scratch, &mut parts);
        (0..heads.len())
            .map(|head| {
                let mut out = vec![0.0; width];
                let sink = self.sinks.as_ref().map(|sinks| sinks[heads.start + head]);
                let parts = &parts[head * size..];
                kernels.combine(parts, heads.len() * size, sink, &mut out);
                out
            })
            .collect()
    }
}

#[test]
fn attention_mixes_values_by_the_softmax_of_scores() {
    let mut random = Rng::with_seed(5);
    let shapes =
        [(8, 1), (8, 40), (64, 17), (80, 33), (96, 7), (128, 300), (256, 5), (36, 66)];
    for (index, (width, length)) in shapes.into_iter().cycle().take(16).enumerate() {
        let cap = (index >= shapes.len()).then_some(1.5);
        let heads = 1 + index % 8;
        let case = Case::new(heads, width, length, cap, index % 3 == 1, &mut random);
        for range in [0..length, length / 2..length] {
            for kernels in Kernels::all() {
                for (format, tolerance) in
                    [(CacheFormat::F32, 1e-5), (CacheFormat::I16, 2e-3)]
                {
                    let actual = case.actual(&kernels, format, 0..heads, range.clone());
                    for (head, actual) in actual.iter().enumerate() {
                        let expected = case.expected(head, range.clone());
                        assert_eq!((actual.len(), expected.len()), (width, width));
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
fn the_largest_products_of_queries_with_keys_fit() {
    // Keys that point the way of the query or the opposite one, evenly over all channels or
    // not: no product of integers is larger.
    let mut random = Rng::with_seed(9);
    for (index, width) in [1, 8, 36, 64, 256].into_iter().cycle().take(10).enumerate() {
        let mut case = Case::new(1, width, 3, None, false, &mut random);
        if index < 5 {
            case.queries[0].fill(-2.5e4);
        }
        let query = &case.queries[0];
        for (key, times) in case.keys.iter_mut().zip([1.0, -1.0, 0.5]) {
            *key = query.iter().map(|channel| channel * times).collect();
        }
        case.scores.factor = 1.0 / query.iter().map(|x| x * x).sum::<f32>();
        let expected = case.expected(0, 0..3);
        for kernels in Kernels::all() {
            let actual = case.actual(&kernels, CacheFormat::I16, 0..1, 0..3);
            for (a, e) in actual[0].iter().zip(&expected) {
                let error = (f64::from(*a) - e).abs();
                assert!(error < 1e-3, "{}, {width}: {a} {e}", kernels.name());
            }
        }
    }
}

#[test]
fn a_mean_over_many_positions_is_as_exact_as_the_values() {
    // A query of zeros looks at all positions alike; one position more than counts, so that
    // weights are small; and a value that is much larger than all others.
    let (mut random, no_cap) = (Rng::with_seed(8), None);
    let (width, length) = (64, 1001);
    let mut case = Case::new(3, width, length, no_cap, true, &mut random);
    case.queries.iter_mut().for_each(|query| query.fill(0.0));
    case.values[17].iter_mut().for_each(|channel| *channel *= 100.0);
    for range in [0..length, 1..2, 5..length - 7] {
        for kernels in Kernels::all() {
            let heads = case.actual(&kernels, CacheFormat::I16, 0..3, range.clone());
            for (head, actual) in heads.iter().enumerate() {
                let expected = case.expected(head, range.clone());
                assert_eq!((actual.len(), expected.len()), (width, width));
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
    let (width, scores) = (16, ScoreScaling { factor: 0.25, ..ScoreScaling::default() });
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
        let scratch = &mut AttentionScratch::default();
        let (mut parts, mut out) = (vec![0.0; width + SOFTMAX_STATS], vec![0.0; width]);
        let query = vec![1.0; width];
        let range = 0..kept;
        kernels.attend(&query, &keys, &values, range, scores, scratch, &mut parts);
        kernels.combine(&parts, width + SOFTMAX_STATS, None, &mut out);
        assert!(
            out.iter().all(|x| (x - 1.0).abs() < 1e-3),
            "{}: {out:?}",
            kernels.name()
        );
    }
}

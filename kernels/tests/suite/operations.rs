//! The small steps and attention.

use std::ops::Range;

use kernels::{
    CHUNK, CacheFormat, HeadCache, Kernels, PART, Scratch, Team, finish_part, join_parts,
    rotate,
};

use crate::random::Random;

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
fn gates_are_silu_times_up() {
    let mut random = Random::new(4);
    let (gate, up) = (random.numbers(1000, 20.0), random.numbers(1000, 3.0));
    for kernels in Kernels::all() {
        let mut out = gate.clone();
        kernels.gated(&mut out, &up);
        for ((out, gate), up) in out.iter().zip(&gate).zip(&up) {
            let (gate, up) = (f64::from(*gate), f64::from(*up));
            let expected = gate / (1.0 + (-gate).exp()) * up;
            let error = (f64::from(*out) - expected).abs();
            assert!(
                error < 1e-6 * expected.abs().max(1.0),
                "{out} instead of {expected}"
            );
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

/// Keys and values for attention, and a query.
struct Case {
    query: Vec<f32>,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    factor: f32,
}

impl Case {
    fn new(width: usize, length: usize, random: &mut Random) -> Case {
        let mut vectors =
            |scale| (0..length).map(|_| random.numbers(width, scale)).collect();
        let (keys, values) = (vectors(2.0), vectors(1.0));
        let factor = 1.0 / (width as f32).sqrt();
        Case { query: random.numbers(width, 1.0), keys, values, factor }
    }

    fn expected(&self, range: Range<usize>) -> Vec<f64> {
        let score = |key: &Vec<f32>| {
            let products = key.iter().zip(&self.query);
            let dot: f64 = products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            (dot * f64::from(self.factor)).exp()
        };
        let weights: Vec<f64> = self.keys[range.clone()].iter().map(score).collect();
        let sum: f64 = weights.iter().sum();
        let values = &self.values[range];
        let channel = |channel: usize| {
            let mixed = weights.iter().zip(values);
            mixed.map(|(w, v)| w * f64::from(v[channel])).sum::<f64>() / sum
        };
        (0..self.query.len()).map(channel).collect()
    }

    fn actual(
        &self,
        kernels: &Kernels,
        format: CacheFormat,
        range: Range<usize>,
    ) -> Vec<f32> {
        let cache = |vectors: &[Vec<f32>]| {
            let mut cache = HeadCache::new(format, self.query.len());
            vectors.iter().for_each(|vector| cache.push(vector));
            cache
        };
        let (keys, values) = (cache(&self.keys), cache(&self.values));
        let scratch = &mut Scratch::default();
        let mut attend = |range| {
            let mut part = vec![0.0; self.query.len() + PART];
            let (query, factor) = (&self.query, self.factor);
            kernels.attend(query, &keys, &values, range, factor, scratch, &mut part);
            part
        };
        let mut all = attend(range.start..range.end.min(range.start + CHUNK));
        for start in range.clone().step_by(CHUNK).skip(1) {
            join_parts(&mut all, &attend(start..range.end.min(start + CHUNK)));
        }
        let mut out = vec![0.0; self.query.len()];
        finish_part(&all, &mut out);
        out
    }
}

#[test]
fn attention_mixes_values_by_the_softmax_of_scores() {
    let mut random = Random::new(5);
    for (width, length) in [(8, 1), (8, 40), (64, 17), (80, 33), (128, 300), (256, 5)] {
        let case = Case::new(width, length, &mut random);
        for range in [0..length, length / 2..length] {
            let expected = case.expected(range.clone());
            for kernels in Kernels::all() {
                for (format, tolerance) in
                    [(CacheFormat::F32, 1e-5), (CacheFormat::I16, 2e-2)]
                {
                    let actual = case.actual(&kernels, format, range.clone());
                    for (a, e) in actual.iter().zip(&expected) {
                        let name = kernels.name();
                        assert!((f64::from(*a) - e).abs() < tolerance, "{name}: {a} {e}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_cache_forgets_what_is_cut_off() {
    for format in [CacheFormat::F32, CacheFormat::I16] {
        let mut cache = HeadCache::new(format, 8);
        for _ in 0..10 {
            cache.push(&[1.0; 8]);
        }
        cache.truncate(4);
        assert_eq!(cache.length(), 4);
        cache.push(&[2.0; 8]);
        assert_eq!(cache.length(), 5);
    }
}

#[test]
fn a_team_of_one_needs_no_thread() {
    let mut team = Team::alone();
    team.run(1, &|member| assert_eq!((member.index, member.count), (0, 1)));
}

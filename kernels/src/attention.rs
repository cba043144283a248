//! Attention of one query head over the cache of its key/value head.

use std::ops::Range;

use crate::cache::{HeadCache, QUERY_LARGEST, Vectors, quantise};
use crate::exp::exp;

/// What one member of a team needs while it attends.
#[derive(Debug, Default)]
pub struct Scratch {
    query: Vec<i16>,
    weights: Vec<f32>,
}

/// How scores are made of the products of a query with keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// What they are multiplied by.
    pub factor: f32,
    /// They then go through cap · tanh(score / cap), as in Gemma 2 (arXiv:2408.00118).
    pub cap: Option<f32>,
}

/// Numbers that are added up side by side.
const LANES: usize = 16;

/// Mixes the values of the positions `range` by the softmax of their scores, as in Vaswani
/// et al., 2017 (arXiv:1706.03762): `query` and `out` have D numbers.
#[inline(always)]
pub(crate) fn attend(
    query: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: Range<usize>,
    scores: Scores,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    match query.len() {
        64 => attend_head::<64>(query, keys, values, range, scores, scratch, out),
        128 => attend_head::<128>(query, keys, values, range, scores, scratch, out),
        _ => attend_head::<0>(query, keys, values, range, scores, scratch, out),
    }
}

/// For heads of D channels; D = 0 is for any width.
#[inline(always)]
fn attend_head<const D: usize>(
    query: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: Range<usize>,
    scores: Scores,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let width = if D == 0 { query.len() } else { D };
    let (query, out) = (&query[..width], &mut out[..width]);
    let Scratch { query: quantised, weights } = scratch;
    let Scores { factor, cap } = scores;
    weights.clear();
    weights.resize(range.len(), 0.0);
    match keys.vectors(range.clone()) {
        Vectors::F32(keys) => {
            for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(width)) {
                *weight = dot(query, key) * factor;
            }
        }
        Vectors::I16 { values: keys, scales } => {
            quantised.resize(width, 0);
            let factor = quantise(query, QUERY_LARGEST, quantised) * factor;
            let quantised = &quantised[..width];
            let keys = keys.chunks_exact(width).zip(scales);
            for (weight, (key, scale)) in weights.iter_mut().zip(keys) {
                *weight = integer_dot(quantised, key) as f32 * (scale * factor);
            }
        }
    }
    if let Some(cap) = cap {
        weights.iter_mut().for_each(|score| *score = cap * tanh(*score / cap));
    }
    let inverse = 1.0 / exponentials(weights);
    out.fill(0.0);
    match values.vectors(range) {
        Vectors::F32(values) => {
            for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
                let weight = weight * inverse;
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * value;
                }
            }
        }
        Vectors::I16 { values, scales } => {
            let values = values.chunks_exact(width).zip(scales);
            for (weight, (value, scale)) in weights.iter().zip(values) {
                let weight = weight * inverse * scale;
                for (out, value) in out.iter_mut().zip(value) {
                    *out += weight * f32::from(*value);
                }
            }
        }
    }
}

/// Softmax, not yet divided: turns scores into e^(score − largest) and adds them up.
#[inline(always)]
fn exponentials(scores: &mut [f32]) -> f32 {
    let largest = scores
        .iter()
        .fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
    let mut sums = [0f32; LANES];
    for chunk in scores.chunks_mut(LANES) {
        for (score, sum) in chunk.iter_mut().zip(&mut sums) {
            *score = exp(*score - largest);
            *sum += *score;
        }
    }
    sums.iter().sum()
}

/// 1 − 2 / (e²ˣ + 1), which keeps seven digits of the larger values, and of the smaller ones
/// what a score is exact to.
#[inline(always)]
fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    for (a, b) in a.chunks(LANES).zip(b.chunks(LANES)) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn integer_dot(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

//! Attention of one query head over the cache of its key/value head, chunk by chunk.

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

/// Positions that are taken at once. What chunks of so many give is put together in their
/// order, so that a result does not depend on who computed which.
pub const CHUNK: usize = 64;

/// What some positions give a head, as D + 2 numbers: the largest score, the sum of the
/// powers e^(score − largest), and the values mixed by these powers. Parts become one by
/// [`join_parts`], and the head's output by [`finish_part`] (the online softmax of Milakov
/// & Gimelshein, 2018, arXiv:1805.02867).
pub const PART: usize = 2;

/// What the positions `range` give a query of D numbers, into D + [`PART`] numbers.
#[inline(always)]
pub(crate) fn attend(
    query: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: Range<usize>,
    scores: Scores,
    scratch: &mut Scratch,
    part: &mut [f32],
) {
    match query.len() {
        64 => attend_head::<64>(query, keys, values, range, scores, scratch, part),
        128 => attend_head::<128>(query, keys, values, range, scores, scratch, part),
        _ => attend_head::<0>(query, keys, values, range, scores, scratch, part),
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
    part: &mut [f32],
) {
    let width = if D == 0 { query.len() } else { D };
    let query = &query[..width];
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
    (part[0], part[1]) = exponentials(weights);
    let mixed = &mut part[PART..PART + width];
    if D == 0 {
        mix(weights, values.vectors(range), mixed);
    } else {
        // Sums of a known number stay in registers.
        let mut sums = [0.0; D];
        mix(weights, values.vectors(range), &mut sums);
        mixed.copy_from_slice(&sums);
    }
}

/// Adds up values, each times a weight.
#[inline(always)]
fn mix(weights: &[f32], values: Vectors<'_>, sums: &mut [f32]) {
    sums.fill(0.0);
    match values {
        Vectors::F32(values) => {
            for (weight, value) in weights.iter().zip(values.chunks_exact(sums.len())) {
                for (sum, value) in sums.iter_mut().zip(value) {
                    *sum += weight * value;
                }
            }
        }
        Vectors::I16 { values, scales } => {
            let values = values.chunks_exact(sums.len()).zip(scales);
            for (weight, (value, scale)) in weights.iter().zip(values) {
                let weight = weight * scale;
                for (sum, value) in sums.iter_mut().zip(value) {
                    *sum += weight * f32::from(*value);
                }
            }
        }
    }
}

/// Puts what later positions give to what earlier ones gave.
///
/// # Panics
/// If the lengths differ.
pub fn join_parts(part: &mut [f32], later: &[f32]) {
    assert_eq!(part.len(), later.len());
    let largest = if later[0] > part[0] { later[0] } else { part[0] };
    let (old, new) = (exp(part[0] - largest), exp(later[0] - largest));
    part[0] = largest;
    for (number, later) in part.iter_mut().zip(later).skip(1) {
        *number = *number * old + later * new;
    }
}

/// The output of a head, from what all of its positions gave.
///
/// # Panics
/// If it has fewer numbers.
pub fn finish_part(part: &[f32], out: &mut [f32]) {
    let inverse = 1.0 / part[1];
    let mixed = &part[PART..PART + out.len()];
    for (out, mixed) in out.iter_mut().zip(mixed) {
        *out = mixed * inverse;
    }
}

/// Softmax, not yet divided: turns scores into e^(score − largest); the largest, and the
/// sum.
#[inline(always)]
fn exponentials(scores: &mut [f32]) -> (f32, f32) {
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
    (largest, sums.iter().sum())
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

//! Softmax of a chunk's scores, and what all chunks come to.

use super::PART;
use crate::cache::LANES;
use crate::exp::exp;
use crate::lanes::{largest, sum};

/// Softmax, not yet divided: turns scores into e^(score − largest); the largest, and the
/// sum.
#[inline(always)]
pub(super) fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let largest = largest(scores);
    for vector in scores.as_chunks_mut::<LANES>().0 {
        *vector = vector.map(|score| exp(score - largest));
    }
    (largest, sum(scores))
}

/// The output of a head, from what all chunks gave it: its parts are `stride` numbers from
/// each other.
#[inline(always)]
pub(crate) fn join(parts: &[f32], stride: usize, out: &mut [f32]) {
    let width = out.len();
    let first = |largest: f32, part: &[f32]| {
        if part[0] > largest { part[0] } else { largest }
    };
    let largest = parts.chunks(stride).fold(f32::NEG_INFINITY, first);
    out.fill(0.0);
    let mut sum = 0.0;
    for part in parts.chunks(stride) {
        let factor = exp(part[0] - largest);
        sum += factor * part[1];
        for (out, mixed) in out.iter_mut().zip(&part[PART..PART + width]) {
            *out += factor * mixed;
        }
    }
    let inverse = 1.0 / sum;
    out.iter_mut().for_each(|out| *out *= inverse);
}

/// 1 − 2 / (e²ˣ + 1), which keeps seven digits of the larger values, and of the smaller ones
/// what a score is exact to.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

//! Softmax of a chunk's scores, and the combination of all chunks.

use super::partial::SOFTMAX_STATS;
use crate::cache::CACHE_LANES;
use crate::numeric::{exp, largest, sum};

/// Softmax without the division: turns scores into e^(score − largest). Returns the largest
/// score, and the sum of the powers.
#[inline(always)]
pub(super) fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let largest = largest(scores);
    for vector in scores.as_chunks_mut::<CACHE_LANES>().0 {
        *vector = vector.map(|score| exp(score - largest));
    }
    (largest, sum(scores))
}

/// The output of a head, from its partial results of all chunks, which begin `stride` numbers
/// from each other. A sink is the score of a position more, without a value: −∞ if there is
/// none.
#[inline(always)]
pub(crate) fn combine(partials: &[f32], stride: usize, sink: f32, out: &mut [f32]) {
    let width = out.len();
    let larger = |largest: f32, partial: &[f32]| {
        if partial[0] > largest { partial[0] } else { largest }
    };
    let largest = partials.chunks(stride).fold(sink, larger);
    out.fill(0.0);
    let mut sum = if sink == f32::NEG_INFINITY { 0.0 } else { exp(sink - largest) };
    for partial in partials.chunks(stride) {
        let factor = exp(partial[0] - largest);
        sum += factor * partial[1];
        for (out, mixed) in
            out.iter_mut().zip(&partial[SOFTMAX_STATS..SOFTMAX_STATS + width])
        {
            *out += factor * mixed;
        }
    }
    let inverse = 1.0 / sum;
    out.iter_mut().for_each(|out| *out *= inverse);
}

/// tanh(x) = 1 − 2 / (e²ˣ + 1). The absolute error is about 1e-7: of small values fewer digits
/// are right, but as many as a score has.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (exp(2.0 * x) + 1.0)
}

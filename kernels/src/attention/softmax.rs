//! Softmax of a chunk's scores, and what all chunks come to.

use super::PART;
use crate::exp::exp;

/// Numbers that are looked at side by side.
const LANES: usize = crate::cache::LANES;

/// Softmax, not yet divided: turns whole vectors of scores into e^(score − largest); the
/// largest, and the sum.
#[inline(always)]
pub(super) fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let largest = largest(scores);
    let mut sums = [0f32; LANES];
    for vector in scores.as_chunks_mut::<LANES>().0 {
        for (score, sum) in vector.iter_mut().zip(&mut sums) {
            *score = exp(*score - largest);
            *sum += *score;
        }
    }
    (largest, sums.iter().sum())
}

/// The largest of whole vectors of numbers, and their sum.
#[inline(always)]
pub(super) fn largest_and_sum(numbers: &[f32]) -> (f32, f32) {
    let mut sums = [0f32; LANES];
    for vector in numbers.as_chunks::<LANES>().0 {
        for (number, sum) in vector.iter().zip(&mut sums) {
            *sum += *number;
        }
    }
    (largest(numbers), sums.iter().sum())
}

#[inline(always)]
fn largest(numbers: &[f32]) -> f32 {
    let mut largest = [f32::NEG_INFINITY; LANES];
    for vector in numbers.as_chunks::<LANES>().0 {
        for (largest, number) in largest.iter_mut().zip(vector) {
            *largest = if *number > *largest { *number } else { *largest };
        }
    }
    largest.iter().fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most })
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

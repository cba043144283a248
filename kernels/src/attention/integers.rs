//! Attention over keys and values that are integers, with queries and weights that become
//! so.

use std::ops::Range;

use super::plain::{Sums, Terms};
use super::{CHUNK, MOST_HEADS, PART, Scratch, in_lanes};
use crate::cache::{CacheFormat, Integers, LANES, LARGEST_SUM, quantise};
use crate::lanes::{largest, sum};
use crate::rounding::largest_magnitude;

impl Scratch {
    /// Makes integers of queries of D numbers, if a cache needs them. Their products are to
    /// be multiplied by a factor.
    #[inline(always)]
    pub(super) fn take_queries(
        &mut self,
        queries: &[f32],
        width: usize,
        factor: f32,
        format: CacheFormat,
    ) {
        if format != CacheFormat::I16 {
            return;
        }
        let padded = width.next_multiple_of(LANES);
        // As large as sums of their products with keys allow.
        let largest = (LARGEST_SUM / padded as f32 - 1.0).min(f32::from(i16::MAX));
        self.queries.clear();
        self.queries.resize(queries.len() / width * padded, 0);
        self.factors.clear();
        let all = queries.chunks_exact(width).zip(self.queries.chunks_exact_mut(padded));
        for (query, integers) in all {
            let magnitude = largest_magnitude(query);
            quantise(query, largest / magnitude, integers);
            self.factors.push(magnitude / largest * factor);
        }
    }
}

/// Scores of some queries with the keys of some positions, in the place of the weights.
/// What is to be read after the keys is `ahead`.
#[inline(always)]
pub(super) fn score(
    sums: Sums,
    keys: &Integers,
    ahead: &[i16],
    heads: Range<usize>,
    positions: &Range<usize>,
    scratch: &mut Scratch,
) {
    let Scratch { queries, factors, dots, weights, .. } = scratch;
    let padded = keys.width();
    let lanes = in_lanes(positions);
    let terms = Terms {
        heads: heads.len(),
        factors: &queries[heads.start * padded..heads.end * padded],
        data: keys.values(),
        ahead,
        blocks: lanes.start / LANES..lanes.end / LANES,
        pairs: 0..padded / 2,
    };
    dots.resize(heads.len() * CHUNK, 0);
    #[allow(unsafe_code, reason = "the forms are for processors that have them")]
    // SAFETY: the caller vouches for the processor.
    unsafe {
        sums(terms, dots);
    }
    let all = weights.chunks_exact_mut(CHUNK).zip(dots.chunks_exact(CHUNK));
    for ((weights, dots), factor) in all.zip(&factors[heads]) {
        let scales = &keys.scales()[lanes.clone()];
        let numbers = weights[lanes.clone()].iter_mut().zip(&dots[lanes.clone()]);
        for ((weight, dot), scale) in numbers.zip(scales) {
            *weight = *dot as f32 * (scale * factor);
        }
    }
}

/// Adds up the values of some positions, each times its weight for G heads, into the last D
/// numbers of the heads' parts. What is to be read after the values is `ahead`.
///
/// The weights become integers that come to as much as fits 32 bits: each is off by half of
/// one at most, and the more of them count, the less they are off together.
#[inline(always)]
pub(super) fn mix(
    sums: Sums,
    values: &Integers,
    ahead: &[i16],
    width: usize,
    positions: &Range<usize>,
    scratch: &mut Scratch,
    parts: &mut [f32],
) {
    let Scratch { weights, integers, mixed, .. } = scratch;
    let padded = values.width();
    let lanes = in_lanes(positions);
    let heads = weights.len() / CHUNK;
    integers.resize(heads * CHUNK, 0);
    mixed.resize(heads * padded, 0);
    let mut units = [0.0; MOST_HEADS];
    let all = weights.chunks_exact_mut(CHUNK).zip(integers.chunks_exact_mut(CHUNK));
    for ((weights, integers), unit) in all.zip(&mut units) {
        let weights = &mut weights[lanes.clone()];
        let scales = &values.scales()[lanes.clone()];
        weights.iter_mut().zip(scales).for_each(|(weight, scale)| *weight *= scale);
        let (largest, sum) = (largest(weights), sum(weights));
        // Rounding may add a half to each.
        let room = LARGEST_SUM - CHUNK as f32;
        let factor = (f32::from(i16::MAX) / largest).min(room / sum);
        quantise(weights, factor, &mut integers[lanes.clone()]);
        // No weight, or none that a factor could make larger, gives zeros.
        *unit = if factor.is_finite() { 1.0 / factor } else { 0.0 };
    }
    let terms = Terms {
        heads,
        factors: integers,
        data: values.values(),
        ahead,
        blocks: 0..padded / LANES,
        pairs: lanes.start / 2..lanes.end / 2,
    };
    #[allow(unsafe_code, reason = "the forms are for processors that have them")]
    // SAFETY: the caller vouches for the processor.
    unsafe {
        sums(terms, mixed);
    }
    let parts = parts.chunks_exact_mut(width + PART).zip(units);
    for (mixed, (part, unit)) in mixed.chunks_exact(padded).zip(parts) {
        for (out, sum) in part[PART..].iter_mut().zip(mixed) {
            *out = *sum as f32 * unit;
        }
    }
}

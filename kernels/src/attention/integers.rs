//! Attention over keys and values that are integers: queries and weights become integers,
//! too.

use std::ops::Range;

use super::dot_products::{DotProducts, MAX_HEADS};
use super::{AttentionScratch, SOFTMAX_STATS};
use crate::cache::{
    CACHE_LANES, CHUNK_POSITIONS, CacheFormat, IntegerChunk, MAX_WEIGHT_SUM,
    lanes_around, quantise_to_integers, scale_by_norm,
};
use crate::numeric::{largest, sum};

impl AttentionScratch {
    /// Turns queries of D numbers into integers, if the cache has integers. Scores are their
    /// products with keys, times `factor`.
    #[inline(always)]
    pub(super) fn quantise_queries(
        &mut self,
        queries: &[f32],
        width: usize,
        factor: f32,
        format: CacheFormat,
    ) {
        if format != CacheFormat::I16 {
            return;
        }
        let padded = width.next_multiple_of(CACHE_LANES);
        self.queries.clear();
        self.queries.resize(queries.len() / width * padded, 0);
        self.factors.clear();
        let all = queries.chunks_exact(width).zip(self.queries.chunks_exact_mut(padded));
        for (query, integers) in all {
            let scale = scale_by_norm(query);
            quantise_to_integers(query, 1.0 / scale, integers);
            self.factors.push(scale * factor);
        }
    }
}

/// Writes the scores of some queries with the keys of some positions where the weights will
/// be. `ahead` is what will be read after the keys.
#[inline(always)]
pub(super) fn score(
    sum_products: impl Fn(DotProducts<'_>, &mut [i32]),
    keys: &IntegerChunk,
    ahead: &[i16],
    heads: Range<usize>,
    positions: &Range<usize>,
    scratch: &mut AttentionScratch,
) {
    let AttentionScratch { queries, factors, dots, weights, .. } = scratch;
    let padded = keys.width();
    let lanes = lanes_around(positions);
    let terms = DotProducts {
        heads: heads.len(),
        factors: &queries[heads.start * padded..heads.end * padded],
        data: keys.values(),
        ahead,
        blocks: lanes.start / CACHE_LANES..lanes.end / CACHE_LANES,
        pairs: 0..padded / 2,
    };
    dots.resize(heads.len() * CHUNK_POSITIONS, 0);
    sum_products(terms, dots);
    let all =
        weights.chunks_exact_mut(CHUNK_POSITIONS).zip(dots.chunks_exact(CHUNK_POSITIONS));
    for ((weights, dots), factor) in all.zip(&factors[heads]) {
        let scales = &keys.scales()[lanes.clone()];
        let numbers = weights[lanes.clone()].iter_mut().zip(&dots[lanes.clone()]);
        for ((weight, dot), scale) in numbers.zip(scales) {
            *weight = *dot as f32 * (scale * factor);
        }
    }
}

/// Adds up the values of some positions, each times its weight for G heads, into the last D
/// numbers of the heads' partial results. `ahead` is what will be read after the values.
///
/// The weights become integers that add up to as much as fits 32 bits: each is off by half of
/// one at most, and the more weights count, the smaller is their error together.
#[inline(always)]
pub(super) fn mix(
    sum_products: impl Fn(DotProducts<'_>, &mut [i32]),
    values: &IntegerChunk,
    ahead: &[i16],
    width: usize,
    positions: &Range<usize>,
    scratch: &mut AttentionScratch,
    partials: &mut [f32],
) {
    let AttentionScratch { weights, integers, mixed, .. } = scratch;
    let padded = values.width();
    let lanes = lanes_around(positions);
    let heads = weights.len() / CHUNK_POSITIONS;
    integers.resize(heads * CHUNK_POSITIONS, 0);
    mixed.resize(heads * padded, 0);
    let mut units = [0.0; MAX_HEADS];
    let all = weights
        .chunks_exact_mut(CHUNK_POSITIONS)
        .zip(integers.chunks_exact_mut(CHUNK_POSITIONS));
    for ((weights, integers), unit) in all.zip(&mut units) {
        let weights = &mut weights[lanes.clone()];
        let scales = &values.scales()[lanes.clone()];
        weights.iter_mut().zip(scales).for_each(|(weight, scale)| *weight *= scale);
        let (largest, sum) = (largest(weights), sum(weights));
        // Rounding may add a half to each.
        let room = MAX_WEIGHT_SUM - CHUNK_POSITIONS as f32;
        let factor = (f32::from(i16::MAX) / largest).min(room / sum);
        quantise_to_integers(weights, factor, &mut integers[lanes.clone()]);
        // Without a weight above 0, or with one that no factor could enlarge, all are zeros.
        *unit = if factor.is_finite() { 1.0 / factor } else { 0.0 };
    }
    let terms = DotProducts {
        heads,
        factors: integers,
        data: values.values(),
        ahead,
        blocks: 0..padded / CACHE_LANES,
        pairs: lanes.start / 2..lanes.end / 2,
    };
    sum_products(terms, mixed);
    let partials = partials.chunks_exact_mut(width + SOFTMAX_STATS).zip(units);
    for (mixed, (partial, unit)) in mixed.chunks_exact(padded).zip(partials) {
        for (out, sum) in partial[SOFTMAX_STATS..].iter_mut().zip(mixed) {
            *out = *sum as f32 * unit;
        }
    }
}

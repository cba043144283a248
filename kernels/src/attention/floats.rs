//! Attention over keys and values in f32.

use std::ops::Range;

use super::SOFTMAX_STATS;
use crate::cache::CHUNK_POSITIONS;

/// Scores of G queries with the keys of some positions: products times a factor. Queries are
/// [G, D], keys [positions, D], `out` [G, 64].
#[inline(always)]
pub(super) fn score(
    queries: &[f32],
    keys: &[f32],
    width: usize,
    factor: f32,
    positions: &Range<usize>,
    out: &mut [f32],
) {
    for (query, out) in
        queries.chunks_exact(width).zip(out.chunks_exact_mut(CHUNK_POSITIONS))
    {
        let out = &mut out[positions.clone()];
        for (out, key) in out.iter_mut().zip(keys.chunks_exact(width)) {
            *out = query.iter().zip(key).map(|(a, b)| a * b).sum::<f32>() * factor;
        }
    }
}

/// Adds up the values of some positions, each times its weight for G heads: weights are
/// [G, 64], values [positions, D], and the sums are the last D numbers of the heads' partial
/// results.
#[inline(always)]
pub(super) fn mix(
    weights: &[f32],
    values: &[f32],
    width: usize,
    positions: &Range<usize>,
    partials: &mut [f32],
) {
    let partials = partials.chunks_exact_mut(width + SOFTMAX_STATS);
    let heads = weights.chunks_exact(CHUNK_POSITIONS).zip(partials);
    for (weights, partial) in heads {
        let sums = &mut partial[SOFTMAX_STATS..];
        sums.fill(0.0);
        let weights = &weights[positions.clone()];
        for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
            for (sum, value) in sums.iter_mut().zip(value) {
                *sum += weight * value;
            }
        }
    }
}

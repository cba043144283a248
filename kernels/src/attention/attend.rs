//! Attention over a range of positions, whatever the format and the processor.

use std::ops::Range;

use super::dot_products::{DotProducts, MAX_HEADS};
use super::softmax::{exponentials, tanh};
use super::{AttentionScratch, SOFTMAX_STATS, ScoreScaling, floats, integers};
use crate::cache::{
    CACHE_LANES, CHUNK_POSITIONS, ChunkVectors, HeadCache, chunk_ranges, lanes_around,
};

/// Writes the partial result of each chunk of the positions `range` for each of G queries of D
/// numbers that share a key/value head: `partials` is [chunks, G, [`SOFTMAX_STATS`] + D].
/// `sum_products` is [`plain::sums`](super::plain::sums) or another implementation of it.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "attention has that many parts")]
pub(crate) fn attend(
    sum_products: impl Fn(DotProducts<'_>, &mut [i32]),
    queries: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: Range<usize>,
    scaling: ScoreScaling<'_>,
    scratch: &mut AttentionScratch,
    partials: &mut [f32],
) {
    let width = keys.head_dim();
    let size = width + SOFTMAX_STATS;
    // As even as can be: four are two and two.
    let heads = queries.len() / width;
    let at_once = heads.div_ceil(heads.div_ceil(MAX_HEADS));
    scratch.quantise_queries(queries, width, scaling.factor, keys.format());
    for (chunk, partials) in
        chunk_ranges(range.clone()).zip(partials.chunks_exact_mut(heads * size))
    {
        let next = (chunk.end < range.end)
            .then(|| keys.vectors(chunk.end..range.end.min(chunk.end + CHUNK_POSITIONS)));
        let first_of_chunk = chunk.start / CHUNK_POSITIONS * CHUNK_POSITIONS;
        let positions =
            chunk.start % CHUNK_POSITIONS..chunk.start % CHUNK_POSITIONS + chunk.len();
        let (keys, values) = (keys.vectors(chunk.clone()), values.vectors(chunk));
        // What is read next: the values after the keys, then the keys of the next chunk.
        let mut ahead = [Some(values), next].map(|vectors| match vectors {
            Some(ChunkVectors::I16(integers)) if scratch.reads_ahead => integers.values(),
            _ => &[],
        });
        for (index, partials) in partials.chunks_mut(at_once * size).enumerate() {
            let first = index * at_once;
            let heads = first..first + partials.len() / size;
            let positions = positions.clone();
            let numbers = heads.start * width..heads.end * width;
            scratch.weights.resize(heads.len() * CHUNK_POSITIONS, 0.0);
            match keys {
                ChunkVectors::F32(keys) => {
                    let weights = &mut scratch.weights;
                    let factor = scaling.factor;
                    floats::score(
                        &queries[numbers],
                        keys,
                        width,
                        factor,
                        &positions,
                        weights,
                    );
                }
                ChunkVectors::I16(keys) => {
                    integers::score(
                        &sum_products,
                        keys,
                        ahead[0],
                        heads,
                        &positions,
                        scratch,
                    );
                }
            }
            let weights = scratch.weights.chunks_exact_mut(CHUNK_POSITIONS);
            let each = weights.zip(partials.chunks_exact_mut(size));
            for (query, (weights, partial)) in (index * at_once..).zip(each) {
                let lanes = lanes_around(&positions);
                let weights = &mut weights[lanes.clone()];
                if let Some(cap) = scaling.cap {
                    weights
                        .iter_mut()
                        .for_each(|score| *score = cap * tanh(*score / cap));
                }
                if let Some(bias) = scaling.bias {
                    let first = first_of_chunk + lanes.start;
                    for (position, score) in (first..).zip(weights.iter_mut()) {
                        *score += bias.of(query, position);
                    }
                }
                let first = positions.start % CACHE_LANES;
                weights[..first].fill(f32::NEG_INFINITY);
                weights[first + positions.len()..].fill(f32::NEG_INFINITY);
                (partial[0], partial[1]) = exponentials(weights);
            }
            match values {
                ChunkVectors::F32(values) => {
                    floats::mix(&scratch.weights, values, width, &positions, partials);
                }
                ChunkVectors::I16(values) => {
                    integers::mix(
                        &sum_products,
                        values,
                        ahead[1],
                        width,
                        &positions,
                        scratch,
                        partials,
                    );
                }
            }
            // For the other heads it is in a cache.
            ahead = [&[]; 2];
        }
    }
}

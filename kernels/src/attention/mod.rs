//! Attention of the query heads that share a key/value head over its cache, chunk by chunk.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
mod floats;
mod integers;
pub(crate) mod plain;
mod softmax;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

/// Calls a kernel for each of some blocks, for as many heads as there are, with the places
/// of the block's factors, data, what is ahead, and sums.
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
macro_rules! by_blocks {
    ($kernel:ident, $terms:expr, $out:expr) => {{
        let (terms, out) = ($terms, $out);
        let (all_pairs, all_blocks) = terms.shape(out);
        let strides = (all_pairs * 2, all_blocks * LANES);
        let pairs = terms.pairs.len();
        for block in terms.blocks {
            let row = (block * all_pairs + terms.pairs.start) * 2 * LANES;
            // SAFETY: the shape was looked at: there are so many pairs, blocks and heads.
            unsafe {
                let factors = terms.factors.as_ptr().add(terms.pairs.start * 2);
                let data = terms.data.as_ptr().add(row);
                let out = out.as_mut_ptr().add(block * LANES);
                let ahead = match terms.ahead {
                    [] => None,
                    ahead => Some(ahead.as_ptr().add(row)),
                };
                match (terms.heads, ahead) {
                    (1, None) => {
                        $kernel::<1, false>(factors, data, data, pairs, strides, out)
                    }
                    (2, None) => {
                        $kernel::<2, false>(factors, data, data, pairs, strides, out)
                    }
                    (3, None) => {
                        $kernel::<3, false>(factors, data, data, pairs, strides, out)
                    }
                    (1, Some(ahead)) => {
                        $kernel::<1, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (2, Some(ahead)) => {
                        $kernel::<2, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (3, Some(ahead)) => {
                        $kernel::<3, true>(factors, data, ahead, pairs, strides, out)
                    }
                    (heads, _) => unreachable!("{heads} heads at once"),
                }
            }
        }
    }};
}
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
use by_blocks;

use std::ops::Range;

use plain::Sums;
use softmax::{exponentials, tanh};

use crate::cache::{HeadCache, LANES, Vectors};

pub(crate) use softmax::join;

/// What one member of a team needs while it attends, to G heads at once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// All queries as integers, [G, D].
    queries: Vec<i16>,
    /// For each of them, what its products with keys are multiplied by.
    factors: Vec<f32>,
    /// These products, [G, CHUNK].
    dots: Vec<i32>,
    /// Scores, then weights, [G, CHUNK].
    weights: Vec<f32>,
    /// Weights as integers, [G, CHUNK].
    integers: Vec<i16>,
    /// Values that were added up, [G, D].
    mixed: Vec<i32>,
    reads_ahead: bool,
}

/// How scores are made of the products of a query with keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// What they are multiplied by.
    pub factor: f32,
    /// They then go through cap · tanh(score / cap), as in Gemma 2 (arXiv:2408.00118).
    pub cap: Option<f32>,
}

/// Positions that are taken at once, and that a cache keeps together. What chunks of so
/// many give is put together in their order, so that a result does not depend on who
/// computed which.
pub const CHUNK: usize = 64;

/// What a chunk of positions gives a head, as D + 2 numbers: the largest score, the sum of
/// the powers e^(score − largest), and the values mixed by these powers. Those of all
/// chunks become the head's output by [`join`](crate::Kernels::join) (after the online
/// softmax of Milakov & Gimelshein, 2018, arXiv:1805.02867).
pub const PART: usize = 2;

/// Query heads that go through a chunk together. More sums do not stay in registers.
const MOST_HEADS: usize = 3;

/// The positions `range` in pieces that begin at multiples of [`CHUNK`].
pub fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let first = range.start / CHUNK;
    let count = range.end.div_ceil(CHUNK) - first;
    (first..first + count).map(move |chunk| {
        range.start.max(chunk * CHUNK)..range.end.min((chunk + 1) * CHUNK)
    })
}

/// What each chunk of the positions `range` gives G queries of D numbers that share a
/// key/value head, into D + [`PART`] numbers for each chunk and query.
#[inline(always)]
#[allow(clippy::too_many_arguments, reason = "attention has that many parts")]
pub(crate) fn attend(
    sums: Sums,
    queries: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: Range<usize>,
    scores: Scores,
    scratch: &mut Scratch,
    parts: &mut [f32],
) {
    let width = keys.head_dim();
    let size = width + PART;
    // As even as can be: four are two and two.
    let heads = queries.len() / width;
    let at_once = heads.div_ceil(heads.div_ceil(MOST_HEADS));
    scratch.take_queries(queries, width, scores.factor, keys.format());
    for (chunk, parts) in chunks(range.clone()).zip(parts.chunks_exact_mut(heads * size))
    {
        let next = (chunk.end < range.end)
            .then(|| keys.vectors(chunk.end..range.end.min(chunk.end + CHUNK)));
        let positions = chunk.start % CHUNK..chunk.start % CHUNK + chunk.len();
        let (keys, values) = (keys.vectors(chunk.clone()), values.vectors(chunk));
        // What is read next: values after keys, and after these the keys of the next chunk.
        let mut ahead = [Some(values), next].map(|vectors| match vectors {
            Some(Vectors::I16(integers)) if scratch.reads_ahead => integers.values(),
            _ => &[],
        });
        for (index, parts) in parts.chunks_mut(at_once * size).enumerate() {
            let first = index * at_once;
            let heads = first..first + parts.len() / size;
            let positions = positions.clone();
            let numbers = heads.start * width..heads.end * width;
            scratch.weights.resize(heads.len() * CHUNK, 0.0);
            match keys {
                Vectors::F32(keys) => {
                    let weights = &mut scratch.weights;
                    let factor = scores.factor;
                    floats::score(
                        &queries[numbers],
                        keys,
                        width,
                        factor,
                        &positions,
                        weights,
                    );
                }
                Vectors::I16(keys) => {
                    integers::score(sums, keys, ahead[0], heads, &positions, scratch);
                }
            }
            let weights = scratch.weights.chunks_exact_mut(CHUNK);
            for (weights, part) in weights.zip(parts.chunks_exact_mut(size)) {
                let weights = &mut weights[in_lanes(&positions)];
                if let Some(cap) = scores.cap {
                    weights
                        .iter_mut()
                        .for_each(|score| *score = cap * tanh(*score / cap));
                }
                let first = positions.start % LANES;
                weights[..first].fill(f32::NEG_INFINITY);
                weights[first + positions.len()..].fill(f32::NEG_INFINITY);
                (part[0], part[1]) = exponentials(weights);
            }
            match values {
                Vectors::F32(values) => {
                    floats::mix(&scratch.weights, values, width, &positions, parts);
                }
                Vectors::I16(values) => {
                    integers::mix(
                        sums, values, ahead[1], width, &positions, scratch, parts,
                    );
                }
            }
            // The other heads find it near.
            ahead = [&[]; 2];
        }
    }
}

/// Positions, rounded outwards to all that lie in the same [`LANES`].
#[inline(always)]
fn in_lanes(positions: &Range<usize>) -> Range<usize> {
    positions.start / LANES * LANES..positions.end.next_multiple_of(LANES)
}

impl Scratch {
    /// For a single token, whose keys and values come from memory. Those of many tokens are
    /// near from the token before.
    pub fn reading_ahead() -> Scratch {
        Scratch { reads_ahead: true, ..Scratch::default() }
    }
}

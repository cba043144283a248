//! Attention of the query heads that share a key/value head over its cache, chunk by chunk.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
pub(crate) mod plain;
#[cfg(target_arch = "wasm32")]
pub(crate) mod wasm;

/// Calls a kernel for as many heads as there are.
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
macro_rules! by_heads {
    ($heads:expr, $kernel:ident($($argument:expr),*)) => {
        match $heads {
            1 => $kernel::<1>($($argument),*),
            2 => $kernel::<2>($($argument),*),
            3 => $kernel::<3>($($argument),*),
            heads => unreachable!("{heads} heads at once"),
        }
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "wasm32"))]
use by_heads;

use std::ops::Range;

use plain::{Dots, Mix};

use crate::cache::{CacheFormat, HeadCache, QUERY_LARGEST, Vectors, quantise};
use crate::exp::exp;

/// What one member of a team needs while it attends, to G heads and at most [`CHUNK`]
/// positions at once.
#[derive(Debug, Default)]
pub struct Scratch {
    /// All queries as integers, [G, D].
    queries: Vec<i16>,
    /// For each of them, what its products are multiplied by.
    factors: Vec<f32>,
    /// [G, S].
    dots: Vec<i32>,
    /// Scores, then weights, [G, S].
    weights: Vec<f32>,
    /// [G, D].
    mixed: Vec<f32>,
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

/// Numbers that are added up side by side.
const LANES: usize = 16;

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
    forms: (Dots, Mix),
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
    if keys.format() == CacheFormat::I16 {
        scratch.take_queries(queries, width, scores.factor);
    }
    for (chunk, parts) in chunks(range.clone()).zip(parts.chunks_exact_mut(heads * size))
    {
        let count = chunk.len();
        let next = (chunk.end < range.end)
            .then(|| keys.vectors(chunk.end..range.end.min(chunk.end + CHUNK)));
        let (keys, values) = (keys.vectors(chunk.clone()), values.vectors(chunk));
        if scratch.reads_ahead {
            ask_for(values);
        }
        for (index, parts) in parts.chunks_mut(at_once * size).enumerate() {
            let first = index * at_once;
            let heads = first..first + parts.len() / size;
            scratch.weights.resize(heads.len() * count, 0.0);
            scratch.mixed.resize(heads.len() * width, 0.0);
            score(forms.0, queries, heads, width, keys, scores, scratch);
            let weights = scratch.weights.chunks_exact_mut(count);
            for (weights, part) in weights.zip(parts.chunks_exact_mut(size)) {
                (part[0], part[1]) = exponentials(weights);
            }
            if let (0, Some(next)) = (index, next.filter(|_| scratch.reads_ahead)) {
                ask_for(next);
            }
            mix(forms.1, width, values, scratch);
            let mixed = scratch.mixed.chunks_exact(width);
            for (mixed, part) in mixed.zip(parts.chunks_exact_mut(size)) {
                part[PART..].copy_from_slice(mixed);
            }
        }
    }
}

/// Has what lies in memory brought near while other work goes on.
#[inline(always)]
#[allow(unsafe_code, reason = "a hint")]
fn ask_for(vectors: Vectors<'_>) {
    /// Integers in a cache line.
    const LINE: usize = 32;
    let Vectors::I16 { values, .. } = vectors else { return };
    #[cfg(target_arch = "x86_64")]
    for line in values.chunks(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: every x86-64 has this instruction, and no address is wrong for it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
    // There is no such hint, but loads that do not wait for each other.
    #[cfg(target_arch = "wasm32")]
    std::hint::black_box(values.chunks(LINE).fold(0, |all, line| all ^ line[0]));
}

impl Scratch {
    /// For a single token, whose keys and values come from memory. Those of many tokens are
    /// near from the token before.
    pub fn reading_ahead() -> Scratch {
        Scratch { reads_ahead: true, ..Scratch::default() }
    }

    #[inline(always)]
    fn take_queries(&mut self, queries: &[f32], width: usize, factor: f32) {
        self.queries.resize(queries.len(), 0);
        self.factors.clear();
        let all = queries.chunks_exact(width).zip(self.queries.chunks_exact_mut(width));
        for (query, integers) in all {
            self.factors.push(quantise(query, QUERY_LARGEST, integers) * factor);
        }
    }
}

/// The scores of some of the queries, in the place of the weights.
#[inline(always)]
fn score(
    dots: Dots,
    queries: &[f32],
    heads: Range<usize>,
    width: usize,
    keys: Vectors<'_>,
    scores: Scores,
    scratch: &mut Scratch,
) {
    let count = scratch.weights.len() / heads.len();
    let numbers = heads.start * width..heads.end * width;
    let weights = scratch.weights.chunks_exact_mut(count);
    match keys {
        Vectors::F32(keys) => {
            for (query, weights) in queries[numbers].chunks_exact(width).zip(weights) {
                for (weight, key) in weights.iter_mut().zip(keys.chunks_exact(width)) {
                    *weight = dot(query, key) * scores.factor;
                }
            }
        }
        Vectors::I16 { values: keys, scales } => {
            scratch.dots.resize(heads.len() * count, 0);
            #[allow(unsafe_code, reason = "the forms are for processors that have them")]
            // SAFETY: the caller vouches for the processor.
            unsafe {
                dots(&scratch.queries[numbers], keys, width, &mut scratch.dots);
            }
            let dots = scratch.dots.chunks_exact(count);
            for ((weights, dots), factor) in
                weights.zip(dots).zip(&scratch.factors[heads])
            {
                let numbers = weights.iter_mut().zip(dots).zip(scales);
                for ((weight, dot), scale) in numbers {
                    *weight = *dot as f32 * (scale * factor);
                }
            }
        }
    }
    if let Some(cap) = scores.cap {
        scratch.weights.iter_mut().for_each(|score| *score = cap * tanh(*score / cap));
    }
}

/// Adds up values, each times the weights of G heads.
#[inline(always)]
fn mix(mix: Mix, width: usize, values: Vectors<'_>, scratch: &mut Scratch) {
    let Scratch { weights, mixed, .. } = scratch;
    let count = weights.len() * width / mixed.len();
    match values {
        Vectors::F32(values) => {
            mixed.fill(0.0);
            let heads = weights.chunks_exact(count).zip(mixed.chunks_exact_mut(width));
            for (weights, sums) in heads {
                for (weight, value) in weights.iter().zip(values.chunks_exact(width)) {
                    for (sum, value) in sums.iter_mut().zip(value) {
                        *sum += weight * value;
                    }
                }
            }
        }
        Vectors::I16 { values, scales } => {
            for weights in weights.chunks_exact_mut(count) {
                weights
                    .iter_mut()
                    .zip(scales)
                    .for_each(|(weight, scale)| *weight *= scale);
            }
            #[allow(unsafe_code, reason = "the forms are for processors that have them")]
            // SAFETY: the caller vouches for the processor.
            unsafe {
                mix(weights, values, width, mixed);
            }
        }
    }
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

/// Softmax, not yet divided: turns scores into e^(score − largest); the largest, and the
/// sum.
#[inline(always)]
fn exponentials(scores: &mut [f32]) -> (f32, f32) {
    let (vectors, rest) = scores.as_chunks_mut::<LANES>();
    let mut largest = [f32::NEG_INFINITY; LANES];
    for vector in &*vectors {
        for (largest, score) in largest.iter_mut().zip(vector) {
            *largest = if *score > *largest { *score } else { *largest };
        }
    }
    let all = largest.iter().chain(&*rest);
    let largest =
        all.fold(f32::NEG_INFINITY, |most, x| if *x > most { *x } else { most });
    let mut sums = [0f32; LANES];
    for vector in vectors {
        for (score, sum) in vector.iter_mut().zip(&mut sums) {
            *score = exp(*score - largest);
            *sum += *score;
        }
    }
    for score in &mut *rest {
        *score = exp(*score - largest);
    }
    (largest, sums.iter().chain(&*rest).sum())
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

//! Attention with a cache.

use fastrand::Rng;
use gpu::{
    Attention, AttentionShape, CHUNK_POSITIONS, CacheNumbers, Combination, Limits, Splits,
};
use half::f16;

use crate::device::{Gpu, gpu};
use crate::numbers::{assert_close, buffer, empty, numbers, words, written};

/// Attention of a query head of the token at `position`, in float64.
fn attended(
    attention: &Attention,
    query: &[f32],
    kept: &[f32],
    position: usize,
    kv_head: usize,
) -> Vec<f64> {
    let AttentionShape { kv_heads, head_dim, .. } = attention.shape;
    let first =
        attention.window.map_or(0, |window| (position + 1).saturating_sub(window));
    let head = |position: usize, index: usize| {
        let at = (position * 2 * kv_heads + index) * attention.shape.padded_dim();
        kept[at..at + head_dim].iter().map(|x| f64::from(*x))
    };
    let scores: Vec<f64> = (first..=position)
        .map(|position| {
            let keys = head(position, kv_head);
            let dot: f64 = query.iter().zip(keys).map(|(q, k)| f64::from(*q) * k).sum();
            let score = dot * f64::from(attention.scale);
            match attention.cap {
                Some(cap) => (score / f64::from(cap)).tanh() * f64::from(cap),
                None => score,
            }
        })
        .collect();
    let highest = scores.iter().copied().fold(f64::MIN, f64::max);
    let powers: Vec<f64> = scores.iter().map(|score| (score - highest).exp()).collect();
    let total: f64 = powers.iter().sum();
    let mut out = vec![0.0; head_dim];
    for (position, power) in (first..).zip(powers) {
        for (out, value) in out.iter_mut().zip(head(position, kv_heads + kv_head)) {
            *out += power / total * value;
        }
    }
    out
}

fn check(gpu: &Gpu, attention: Attention, tokens: usize, start: usize, random: &mut Rng) {
    let AttentionShape { heads, kv_heads, head_dim } = attention.shape;
    let padded = attention.shape.padded_dim();
    let mut queries = numbers(random, tokens * heads * padded, 2.0);
    let mut kept = numbers(random, (start + tokens) * 2 * kv_heads * padded, 1.0);
    for head in queries.chunks_mut(padded).chain(kept.chunks_mut(padded)) {
        head[head_dim..].fill(0.0);
    }
    let cache = match attention.cache {
        CacheNumbers::Full => buffer(&kept),
        CacheNumbers::Half => {
            kept.iter_mut().for_each(|x| *x = f16::from_f32(*x).to_f32());
            let half = |x: f32| u32::from(f16::from_f32(x).to_bits());
            words(kept.as_chunks::<2>().0.iter().map(|[a, b]| half(*a) | half(*b) << 16))
        }
    };
    // Split as for a device, and all chunks one after the other.
    let one = Splits { count: 1, chunks: (start + tokens).div_ceil(CHUNK_POSITIONS) };
    for splits in [attention.splits(tokens, start), one] {
        let of = (tokens, start, splits);
        let results = results(gpu, &attention, of, buffer(&queries), cache.clone());
        let size = kept.iter().fold(0f32, |size, x| size.max(x.abs()));
        let rows = queries.chunks(padded).zip(results.chunks(head_dim));
        for (row, (query, result)) in rows.enumerate() {
            let (token, head) = (row / heads, row % heads);
            let kv_head = head / (heads / kv_heads);
            let expected = attended(&attention, query, &kept, start + token, kv_head);
            for (result, expected) in result.iter().zip(expected) {
                let what = format!("{attention:?}, {of:?}, row {row}");
                // An error of a score is one of its power, relatively.
                assert_close(*result, expected, 20.0 * f64::from(size), &what);
            }
        }
    }
}

/// The output of heads for some tokens from a position on.
fn results(
    gpu: &Gpu,
    attention: &Attention,
    (tokens, start, splits): (usize, usize, Splits),
    queries: Vec<u32>,
    cache: Vec<u32>,
) -> Vec<f32> {
    let AttentionShape { heads, head_dim, .. } = attention.shape;
    let limits = Limits::DEFAULT;
    let partials = empty(attention.partial_bytes(tokens, splits) / 4);
    let dispatch = attention.dispatch(tokens, start, splits, &limits);
    let buffers = [queries, cache, partials];
    let partials = gpu.run(&attention.kernel(tokens), dispatch, &buffers).remove(2);
    written(&partials);
    let combination = Combination { shape: attention.shape };
    let dispatch = combination.dispatch(tokens, splits, &limits);
    let buffers = [partials, empty(tokens * heads * head_dim)];
    written(&gpu.run(&combination.kernel(), dispatch, &buffers)[1])
}

#[test]
fn attention_is_that_of_float64() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(1);
    for (heads, kv_heads, head_dim) in [
        (1, 1, 4),
        (4, 2, 14),
        (9, 3, 64),
        (10, 1, 32),
        (4, 4, 80),
        (2, 1, 256),
        (8, 2, 128),
    ] {
        let shape = AttentionShape { heads, kv_heads, head_dim };
        for (at, (tokens, start)) in
            [(1, 0), (1, 63), (1, 200), (2, 62), (5, 0), (9, 130), (70, 3)]
                .into_iter()
                .enumerate()
        {
            let cache = [CacheNumbers::Full, CacheNumbers::Half][at % 2];
            let scale = 1.0 / (head_dim as f32).sqrt();
            let attention = Attention { shape, cache, scale, cap: None, window: None };
            check(gpu, attention, tokens, start, &mut random);
            let window = Some([1, 5, 64, 100][at % 4]);
            let attention = Attention { window, cap: Some(3.0), ..attention };
            check(gpu, attention, tokens, start, &mut random);
        }
    }
}

#[test]
fn a_long_text_is_split_among_many_workgroups() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(2);
    let shape = AttentionShape { heads: 3, kv_heads: 1, head_dim: 32 };
    let cache = CacheNumbers::Half;
    let attention = Attention { shape, cache, scale: 0.2, cap: None, window: None };
    assert!(attention.splits(1, 5000).count > 60);
    check(gpu, attention, 1, 5000, &mut random);
    let windowed = Attention { window: Some(300), ..attention };
    assert!(windowed.splits(1, 5000).count <= 6);
    check(gpu, windowed, 1, 5000, &mut random);
    check(gpu, windowed, 3, 4990, &mut random);
}

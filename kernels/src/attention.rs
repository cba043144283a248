//! Attention of one query head over the cache of its key/value head.

use crate::cache::{HeadCache, QUERY_LARGEST, quantise};
use crate::exp::exp;

/// What one member of a team needs while it attends.
#[derive(Debug, Default)]
pub struct Scratch {
    query: Vec<i16>,
    weights: Vec<f32>,
}

/// Mixes the values of the positions `range` by softmax(q · k · factor), as in Vaswani et
/// al., 2017 (arXiv:1706.03762): `query` and `out` have D numbers.
#[inline(always)]
pub(crate) fn attend(
    query: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: std::ops::Range<usize>,
    factor: f32,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    match query.len() {
        64 => attend_head::<64>(query, keys, values, range, factor, scratch, out),
        128 => attend_head::<128>(query, keys, values, range, factor, scratch, out),
        _ => attend_head::<0>(query, keys, values, range, factor, scratch, out),
    }
}

/// For heads of D channels; D = 0 is for any width.
#[inline(always)]
fn attend_head<const D: usize>(
    query: &[f32],
    keys: &HeadCache,
    values: &HeadCache,
    range: std::ops::Range<usize>,
    factor: f32,
    scratch: &mut Scratch,
    out: &mut [f32],
) {
    let width = if D == 0 { query.len() } else { D };
    let Scratch { query: quantised, weights } = scratch;
    quantised.resize(width, 0);
    let factor = quantise(query, QUERY_LARGEST, quantised) * factor;
    let quantised = &quantised[..width];

    // Scores, and the largest of them.
    weights.clear();
    weights.resize(range.len(), 0.0);
    let vectors =
        keys.values()[range.start * width..range.end * width].chunks_exact(width);
    let scales = &keys.scales()[range.clone()];
    let mut largest = f32::NEG_INFINITY;
    for ((weight, key), scale) in weights.iter_mut().zip(vectors).zip(scales) {
        *weight = dot::<D>(quantised, key) as f32 * (scale * factor);
        largest = if *weight > largest { *weight } else { largest };
    }

    // Softmax, not yet divided.
    let mut sums = [0f32; 16];
    let (chunks, rest) = weights.as_chunks_mut::<16>();
    for chunk in chunks {
        for (weight, sum) in chunk.iter_mut().zip(&mut sums) {
            *weight = exp(*weight - largest);
            *sum += *weight;
        }
    }
    for (weight, sum) in rest.iter_mut().zip(&mut sums) {
        *weight = exp(*weight - largest);
        *sum += *weight;
    }
    let inverse = 1.0 / sums.iter().sum::<f32>();

    // The values, mixed.
    let out = &mut out[..width];
    out.fill(0.0);
    let vectors =
        values.values()[range.start * width..range.end * width].chunks_exact(width);
    let scales = &values.scales()[range];
    for ((weight, value), scale) in weights.iter().zip(vectors).zip(scales) {
        let weight = weight * inverse * scale;
        for (out, value) in out.iter_mut().zip(value) {
            *out += weight * f32::from(*value);
        }
    }
}

#[inline(always)]
fn dot<const D: usize>(a: &[i16], b: &[i16]) -> i32 {
    let width = if D == 0 { a.len() } else { D };
    let products = a[..width].iter().zip(&b[..width]);
    products.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

//! Norms of heads, rotation, and keys and values into the cache.

use fastrand::Rng;
use gpu::{AttentionShape, CacheNumbers, Limits, Rotation, RotationRows};
use half::f16;

use crate::device::gpu;
use crate::numbers::{assert_close, buffer, empty, numbers, written};

/// A head as it should be, in float64.
fn rotated(
    head: &[f32],
    norm: Option<&[f32]>,
    angles: &[f32],
    pairs: usize,
    interleaved: bool,
) -> Vec<f64> {
    let mut out: Vec<f64> = head.iter().map(|x| f64::from(*x)).collect();
    if let Some(weights) = norm {
        let mean = out.iter().map(|x| x * x).sum::<f64>() / out.len() as f64;
        let factor = 1.0 / (mean + 1e-6).sqrt();
        out.iter_mut().zip(weights).for_each(|(x, w)| *x *= factor * f64::from(*w));
    }
    for pair in 0..pairs {
        let [cos, sin] = [0, 1].map(|at| f64::from(angles[2 * pair + at]));
        let (first, second) =
            if interleaved { (2 * pair, 2 * pair + 1) } else { (pair, pair + pairs) };
        let (a, b) = (out[first], out[second]);
        (out[first], out[second]) = (a * cos - b * sin, a * sin + b * cos);
    }
    out
}

#[test]
fn heads_are_normalised_rotated_and_kept_as_in_float64() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(1);
    for (heads, kv_heads, head_dim, rotated_pairs) in
        [(1, 1, 4, 2), (3, 1, 64, 32), (4, 2, 80, 20), (2, 2, 256, 128), (6, 3, 30, 6)]
    {
        let shape = AttentionShape { heads, kv_heads, head_dim };
        for (case, cache) in [CacheNumbers::Full, CacheNumbers::Half]
            .into_iter()
            .cycle()
            .take(8)
            .enumerate()
        {
            let (interleaved, normed) = (case & 2 != 0, case & 4 != 0);
            let norm = normed.then_some(1e-6);
            let rotation = Rotation { shape, norm, interleaved, cache };
            let (tokens, start, padded) = (3, 5, shape.padded_dim());
            let width = (heads + 2 * kv_heads) * head_dim;
            let projected = numbers(&mut random, tokens * width, 3.0);
            // The table has a pair more than are rotated.
            let table_pairs = rotated_pairs + 1;
            let angles = numbers(&mut random, 2 * tokens * table_pairs, 1.0);
            let weights = [(); 2].map(|()| numbers(&mut random, head_dim, 1.0));
            let position = cache.position_bytes(&shape) / 4;
            let mut buffers = vec![
                buffer(&projected),
                buffer(&angles),
                empty(tokens * heads * padded),
                empty((start + tokens) * position),
            ];
            if normed {
                buffers.extend(weights.iter().map(|weights| buffer(weights)));
            }
            let rows = RotationRows { tokens, start, pairs: rotated_pairs, table_pairs };
            let dispatch = rotation.dispatch(rows, &Limits::DEFAULT);
            let results = gpu.run(&rotation.kernel(), dispatch, &buffers);
            let queries = written(&results[2]);
            let kept = written(&results[3]);
            let untouched = kept[..start * position].iter();
            assert!(
                untouched.zip(&buffers[3]).all(|(now, before)| now.to_bits() == *before)
            );
            let kept = &kept[start * position..];

            for (index, head) in projected.chunks(head_dim).enumerate() {
                let (token, index) =
                    (index / (heads + 2 * kv_heads), index % (heads + 2 * kv_heads));
                let is_value = index >= heads + kv_heads;
                let norm = &weights[usize::from(index >= heads)];
                let norm = Some(norm.as_slice()).filter(|_| normed && !is_value);
                let pairs = if is_value { 0 } else { rotated_pairs };
                let angles = &angles[2 * token * table_pairs..];
                let mut expected = rotated(head, norm, angles, pairs, interleaved);
                expected.resize(padded, 0.0);
                for (channel, expected) in expected.into_iter().enumerate() {
                    let what = format!("{rotation:?}, head {index}, channel {channel}");
                    if index < heads {
                        let at = (token * heads + index) * padded + channel;
                        assert_close(queries[at], expected, 30.0, &what);
                        continue;
                    }
                    let at = (token * 2 * kv_heads + index - heads) * padded + channel;
                    match cache {
                        CacheNumbers::Full => {
                            assert_close(kept[at], expected, 30.0, &what)
                        }
                        CacheNumbers::Half => {
                            let word = kept[at / 2].to_bits() >> (16 * (at % 2));
                            let number = f16::from_bits(word as u16).to_f64();
                            let error = (number - expected).abs();
                            assert!(
                                error <= expected.abs() / 1024.0 + 1e-4,
                                "{what}: {number}"
                            );
                        }
                    }
                }
            }
        }
    }
}

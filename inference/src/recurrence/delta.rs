//! The gated delta rule (Yang et al., 2024, arXiv:2412.06464, formula 10): a state that maps
//! keys to values, and is corrected towards each new pair.

use super::Run;
use super::operations::{dot, rms_norm, scale, sigmoid, silu, softplus};

/// Added to the squares of queries and keys under the root.
const EPSILON: f32 = 1e-6;

impl Run<'_> {
    /// One token: queries, keys and values `[convolved]`, gate `[inner]`, rates and step
    /// sizes, `[value heads]` each, to `[inner]`.
    pub(super) fn delta(
        &mut self,
        [key_heads, value_heads, key_width, value_width]: [usize; 4],
        tiled: bool,
        projected: &[f32],
        out: &mut [f32],
    ) {
        let (inputs, rest) = projected.split_at(self.recurrence.convolved());
        let (gate, rest) = rest.split_at(value_heads * value_width);
        let (rates, steps) = rest.split_at(value_heads);
        self.convolve(inputs, true);
        let (queries, rest) = self.convolved.split_at_mut(key_heads * key_width);
        let (keys, values) = rest.split_at_mut(key_heads * key_width);

        // 1. Queries and keys of length 1; queries are scaled as in attention.
        for key in keys.chunks_exact_mut(key_width) {
            scale(key, 1.0 / (dot(key, key) + EPSILON).sqrt());
        }
        for query in queries.chunks_exact_mut(key_width) {
            let length = (dot(query, query) + EPSILON).sqrt();
            scale(query, 1.0 / (length * (key_width as f32).sqrt()));
        }

        // 2. S ← α S + β k (v − α Sᵀ k), o = Sᵀ q, for each head of values.
        let group = value_heads / key_heads;
        let epsilon = self.recurrence.epsilon as f32;
        let head_states = self.state.chunks_exact_mut(key_width * value_width);
        let of_heads = head_states.zip(values.chunks_exact(value_width));
        let of_heads = of_heads.zip(out.chunks_exact_mut(value_width));
        let mut change = vec![0f32; value_width];
        for (head, ((kept, value), out)) in of_heads.enumerate() {
            let key_head = if tiled { head % key_heads } else { head / group };
            let first = key_head * key_width;
            let (key, query) =
                (&keys[first..first + key_width], &queries[first..first + key_width]);
            let step = softplus(steps[head] + self.numbers.step_bias[head]);
            let decay = (step * self.numbers.decay[head]).exp();
            change.fill(0.0);
            for (row, key) in kept.chunks_exact_mut(value_width).zip(key) {
                for (change, kept) in change.iter_mut().zip(row) {
                    *kept *= decay;
                    *change += *kept * key;
                }
            }
            let rate = sigmoid(rates[head]);
            for (change, value) in change.iter_mut().zip(value) {
                *change = (value - *change) * rate;
            }
            out.fill(0.0);
            let rows = kept.chunks_exact_mut(value_width).zip(key.iter().zip(query));
            for (row, (key, query)) in rows {
                for ((kept, change), out) in row.iter_mut().zip(&change).zip(&mut *out) {
                    *kept += key * change;
                    *out += *kept * query;
                }
            }

            // 3. Normalise, then gate.
            rms_norm(out, epsilon);
            let gate = &gate[head * value_width..(head + 1) * value_width];
            for ((out, weight), gate) in out.iter_mut().zip(&self.numbers.norm).zip(gate)
            {
                *out *= weight * silu(*gate);
            }
        }
    }
}

//! Causal attention with rotary positions and grouped heads, over sequences of their own
//! lengths one after another.
//!
//! L tokens in a sequence, H query heads in K groups, E numbers a head, N = Σ L.

use super::product::{Matrix, product};
use super::rows::{softmax, softmax_backward, vectorised};
use crate::model::THETA;
use crate::shape::Shape;

/// Queries of a head that are computed together. What none of them sees is left out.
const QUERIES_AT_ONCE: usize = 64;

/// Something for queries, `[N, H·E]`, keys and values, `[N, K·E]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct QueriesKeysValues<T> {
    pub(super) queries: T,
    pub(super) keys: T,
    pub(super) values: T,
}

/// The shape of attention, with the cosines and sines of all positions, `[T, E / 2]`.
#[derive(Clone, Debug)]
pub(super) struct Attention {
    heads: usize,
    kv_heads: usize,
    size: usize,
    cosines: Vec<f32>,
    sines: Vec<f32>,
}

/// Some queries of one head.
struct QueryBlock {
    /// Where its queries, and their mixed values, begin.
    queries: usize,
    /// Where the keys and values of its sequence begin.
    keys: usize,
    /// Where its probabilities begin.
    probabilities: usize,
    /// Tokens of the sequence: from a row of probabilities to the next.
    length: usize,
    /// The first of its queries, how many there are, and how many tokens the last sees.
    from: usize,
    count: usize,
    seen: usize,
}

impl Attention {
    pub(super) fn new(shape: Shape) -> Attention {
        let half = shape.head_dim() / 2;
        let (cosines, sines) = (0..shape.context * half)
            .map(|i| {
                let exponent = (i % half) as f32 / half as f32;
                let angle = (i / half) as f32 * THETA.powf(-exponent);
                (angle.cos(), angle.sin())
            })
            .unzip();
        let Shape { heads, kv_heads, .. } = shape;
        Attention { heads, kv_heads, size: shape.head_dim(), cosines, sines }
    }

    /// How many probabilities the sequences have: H · L² each.
    pub(super) fn probability_count(&self, lengths: &[usize]) -> usize {
        lengths.iter().map(|length| self.heads * length * length).sum()
    }

    /// Rotates each head by its position, or back if `direction` is −1. The rotated pairs are i
    /// and i + E/2, as in Hugging Face checkpoints.
    pub(super) fn rotate(
        &self,
        rows: &mut [f32],
        heads: usize,
        lengths: &[usize],
        direction: f32,
    ) {
        let half = self.size / 2;
        let positions = lengths.iter().flat_map(|length| 0..*length);
        vectorised(|| {
            for (row, t) in rows.chunks_exact_mut(heads * self.size).zip(positions) {
                let cosines = &self.cosines[t * half..][..half];
                let sines = &self.sines[t * half..][..half];
                for head in row.chunks_exact_mut(self.size) {
                    let (first, second) = head.split_at_mut(half);
                    let pairs = first.iter_mut().zip(second);
                    for ((a, b), (cos, sin)) in pairs.zip(cosines.iter().zip(sines)) {
                        let sin = direction * sin;
                        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                    }
                }
            }
        });
    }

    fn query_blocks(&self, lengths: &[usize]) -> impl Iterator<Item = QueryBlock> {
        let [wide, narrow] = self.widths();
        let group = self.heads / self.kv_heads;
        let (size, heads) = (self.size, self.heads);
        let mut starts = (0, 0);
        lengths.iter().flat_map(move |length| {
            let (start, probabilities) = starts;
            starts = (start + length, probabilities + heads * length * length);
            let length = *length;
            (0..heads).flat_map(move |head| {
                (0..length).step_by(QUERIES_AT_ONCE).map(move |from| {
                    let count = QUERIES_AT_ONCE.min(length - from);
                    QueryBlock {
                        queries: (start + from) * wide + head * size,
                        keys: start * narrow + head / group * size,
                        probabilities: probabilities + (head * length + from) * length,
                        length,
                        from,
                        count,
                        seen: from + count,
                    }
                })
            })
        })
    }

    /// Writes the mixed values, `[N, H·E]`, and the probabilities, which the gradients need.
    pub(super) fn forward(
        &self,
        lengths: &[usize],
        inputs: QueriesKeysValues<&[f32]>,
        probabilities: &mut [f32],
        mixed: &mut [f32],
    ) {
        let [wide, narrow] = self.widths();
        for block in self.query_blocks(lengths) {
            let QueryBlock { length, from, count, seen, .. } = block;
            let queries = self.head(inputs.queries, block.queries, count, wide);
            let keys = self.head(inputs.keys, block.keys, seen, narrow);
            let values = self.head(inputs.values, block.keys, seen, narrow);
            let probabilities = &mut probabilities[block.probabilities..];
            product(probabilities, length, 0.0, self.scale(), queries, keys.t());
            vectorised(|| {
                for row in 0..count {
                    let row_probabilities = &mut probabilities[row * length..][..seen];
                    let (seen, hidden) = row_probabilities.split_at_mut(from + row + 1);
                    softmax(seen);
                    hidden.fill(0.0);
                }
            });
            let probabilities = Matrix::strided(probabilities, count, seen, length);
            let mixed = &mut mixed[block.queries..];
            product(mixed, wide, 0.0, 1.0, probabilities, values);
        }
    }

    /// The gradients of queries, keys and values from those of the mixed values.
    pub(super) fn backward(
        &self,
        lengths: &[usize],
        inputs: QueriesKeysValues<&[f32]>,
        probabilities: &[f32],
        mixed_grad: &[f32],
        grads: QueriesKeysValues<&mut [f32]>,
    ) {
        let [wide, narrow] = self.widths();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        let mut probability_grad = vec![0.0; QUERIES_AT_ONCE * longest];
        grads.keys.fill(0.0);
        grads.values.fill(0.0);
        for block in self.query_blocks(lengths) {
            let QueryBlock { length, count, seen, .. } = block;
            let queries = self.head(inputs.queries, block.queries, count, wide);
            let keys = self.head(inputs.keys, block.keys, seen, narrow);
            let values = self.head(inputs.values, block.keys, seen, narrow);
            let mixed_grad = self.head(mixed_grad, block.queries, count, wide);
            let probabilities = &probabilities[block.probabilities..];

            let probability_grad = &mut probability_grad[..count * seen];
            product(probability_grad, seen, 0.0, 1.0, mixed_grad, values.t());
            let matrix = Matrix::strided(probabilities, count, seen, length);
            let value_grad = &mut grads.values[block.keys..];
            product(value_grad, narrow, 1.0, 1.0, matrix.t(), mixed_grad);
            vectorised(|| {
                for (row, gradients) in
                    probability_grad.chunks_exact_mut(seen).enumerate()
                {
                    let probabilities = &probabilities[row * length..][..seen];
                    softmax_backward(probabilities, gradients, self.scale());
                }
            });
            let score_grad = Matrix::new(probability_grad, seen);
            let query_grad = &mut grads.queries[block.queries..];
            product(query_grad, wide, 0.0, 1.0, score_grad, keys);
            let key_grad = &mut grads.keys[block.keys..];
            product(key_grad, narrow, 1.0, 1.0, score_grad.t(), queries);
        }
    }

    /// One head of some rows that begin `step` numbers apart.
    fn head<'a>(
        &self,
        rows: &'a [f32],
        start: usize,
        count: usize,
        step: usize,
    ) -> Matrix<'a> {
        Matrix::strided(&rows[start..], count, self.size, step)
    }

    fn scale(&self) -> f32 {
        (self.size as f32).powf(-0.5)
    }

    fn widths(&self) -> [usize; 2] {
        [self.heads * self.size, self.kv_heads * self.size]
    }
}

//! Causal attention with rotary positions and grouped heads, over sequences of their own
//! lengths one after another.
//!
//! L tokens in a sequence, H query heads in K groups, E numbers a head, N = Σ L.

use super::product::{Matrix, product};
use super::rows::{fast, softmax, softmax_back};
use crate::model::THETA;
use crate::shape::Shape;

/// Queries that are treated at one time: what they cannot see is left out by such pieces.
const QUERIES: usize = 64;

/// Queries of `[N, H·E]`, keys and values of `[N, K·E]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<T> {
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

/// A piece of the queries of one head.
struct Piece {
    /// Where its queries, and what is mixed for them, begin in their rows.
    queries: usize,
    /// Where the keys and values of its sequence begin in theirs.
    keys: usize,
    /// Where its probabilities begin, and how far it is to the next row.
    shares: usize,
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

    /// How many probabilities sequences have: H · L² each.
    pub(super) fn shares(&self, lengths: &[usize]) -> usize {
        lengths.iter().map(|length| self.heads * length * length).sum()
    }

    /// Turns each head by its position, or back where `way` is −1. The turned pairs are i
    /// and i + E/2, as in Hugging Face checkpoints.
    pub(super) fn turn(
        &self,
        rows: &mut [f32],
        heads: usize,
        lengths: &[usize],
        way: f32,
    ) {
        let half = self.size / 2;
        let positions = lengths.iter().flat_map(|length| 0..*length);
        fast(|| {
            for (row, t) in rows.chunks_exact_mut(heads * self.size).zip(positions) {
                let cosines = &self.cosines[t * half..][..half];
                let sines = &self.sines[t * half..][..half];
                for head in row.chunks_exact_mut(self.size) {
                    let (first, second) = head.split_at_mut(half);
                    let pairs = first.iter_mut().zip(second);
                    for ((a, b), (cos, sin)) in pairs.zip(cosines.iter().zip(sines)) {
                        let sin = way * sin;
                        (*a, *b) = (*a * cos - *b * sin, *b * cos + *a * sin);
                    }
                }
            }
        });
    }

    fn pieces(&self, lengths: &[usize]) -> impl Iterator<Item = Piece> {
        let [wide, narrow] = self.widths();
        let group = self.heads / self.kv_heads;
        let (size, heads) = (self.size, self.heads);
        let mut starts = (0, 0);
        lengths.iter().flat_map(move |length| {
            let (start, shares) = starts;
            starts = (start + length, shares + heads * length * length);
            let length = *length;
            (0..heads).flat_map(move |head| {
                (0..length).step_by(QUERIES).map(move |from| {
                    let count = QUERIES.min(length - from);
                    Piece {
                        queries: (start + from) * wide + head * size,
                        keys: start * narrow + head / group * size,
                        shares: shares + (head * length + from) * length,
                        length,
                        from,
                        count,
                        seen: from + count,
                    }
                })
            })
        })
    }

    /// Mixes values, `[N, H·E]`, and keeps the probabilities for the gradients.
    pub(super) fn forward(
        &self,
        lengths: &[usize],
        of: Rows<&[f32]>,
        shares: &mut [f32],
        mixed: &mut [f32],
    ) {
        let [wide, narrow] = self.widths();
        for piece in self.pieces(lengths) {
            let Piece { length, from, count, seen, .. } = piece;
            let queries = self.part(of.queries, piece.queries, count, wide);
            let keys = self.part(of.keys, piece.keys, seen, narrow);
            let values = self.part(of.values, piece.keys, seen, narrow);
            let shares = &mut shares[piece.shares..];
            product(shares, length, 0.0, self.scale(), queries, keys.t());
            fast(|| {
                for row in 0..count {
                    let row_shares = &mut shares[row * length..][..seen];
                    let (seen, hidden) = row_shares.split_at_mut(from + row + 1);
                    softmax(seen);
                    hidden.fill(0.0);
                }
            });
            let shares = Matrix::strided(shares, count, seen, length);
            let mixed = &mut mixed[piece.queries..];
            product(mixed, wide, 0.0, 1.0, shares, values);
        }
    }

    /// The gradients of queries, keys and values from those of what was mixed.
    pub(super) fn backward(
        &self,
        lengths: &[usize],
        of: Rows<&[f32]>,
        shares: &[f32],
        of_mixed: &[f32],
        out: Rows<&mut [f32]>,
    ) {
        let [wide, narrow] = self.widths();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        let mut of_shares = vec![0.0; QUERIES * longest];
        out.keys.fill(0.0);
        out.values.fill(0.0);
        for piece in self.pieces(lengths) {
            let Piece { length, count, seen, .. } = piece;
            let queries = self.part(of.queries, piece.queries, count, wide);
            let keys = self.part(of.keys, piece.keys, seen, narrow);
            let values = self.part(of.values, piece.keys, seen, narrow);
            let of_mixed = self.part(of_mixed, piece.queries, count, wide);
            let shares = &shares[piece.shares..];

            let of_shares = &mut of_shares[..count * seen];
            product(of_shares, seen, 0.0, 1.0, of_mixed, values.t());
            let probabilities = Matrix::strided(shares, count, seen, length);
            let of_values = &mut out.values[piece.keys..];
            product(of_values, narrow, 1.0, 1.0, probabilities.t(), of_mixed);
            fast(|| {
                for (row, gradients) in of_shares.chunks_exact_mut(seen).enumerate() {
                    let shares = &shares[row * length..][..seen];
                    softmax_back(shares, gradients, self.scale());
                }
            });
            let of_scores = Matrix::new(of_shares, seen);
            let of_queries = &mut out.queries[piece.queries..];
            product(of_queries, wide, 0.0, 1.0, of_scores, keys);
            let of_keys = &mut out.keys[piece.keys..];
            product(of_keys, narrow, 1.0, 1.0, of_scores.t(), queries);
        }
    }

    /// One head of some rows that begin `step` numbers apart.
    fn part<'a>(
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

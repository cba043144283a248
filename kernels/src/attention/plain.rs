//! The reference, and what all forms agree on.

use std::ops::Range;

use crate::cache::LANES;

/// What attention takes most of its time for: products of integers, added up in 32 bits.
/// They are added up over pairs, for lanes: with keys, factors are queries, pairs are of
/// channels and lanes are positions; with values, factors are weights, pairs are of
/// positions and lanes are channels.
pub(crate) struct Terms<'a> {
    /// G.
    pub(super) heads: usize,
    /// For every number of a pair, [G, P, 2].
    pub(super) factors: &'a [i16],
    /// A chunk of a cache, [B, P, 16, 2].
    pub(super) data: &'a [i16],
    /// What is to be read next, as long as `data`, or nothing.
    pub(super) ahead: &'a [i16],
    /// Those whose lanes get sums.
    pub(super) blocks: Range<usize>,
    /// Those that are added up.
    pub(super) pairs: Range<usize>,
}

/// Adds up products into [G, B, 16]. All forms give the same, as sums of integers are exact.
pub(super) type Sums = unsafe fn(terms: Terms<'_>, out: &mut [i32]);

impl Terms<'_> {
    /// P and B.
    ///
    /// # Panics
    /// If the lengths do not fit each other, or there are no such blocks or pairs.
    #[inline(always)]
    pub(super) fn shape(&self, out: &[i32]) -> (usize, usize) {
        let pairs = self.factors.len() / self.heads / 2;
        let blocks = out.len() / self.heads / LANES;
        assert!(self.factors.len() == self.heads * pairs * 2);
        assert!(out.len() == self.heads * blocks * LANES);
        assert!(self.data.len() == blocks * pairs * LANES * 2);
        assert!(self.ahead.is_empty() || self.ahead.len() == self.data.len());
        assert!(self.pairs.end <= pairs && self.blocks.end <= blocks);
        assert!(self.pairs.start <= self.pairs.end);
        (pairs, blocks)
    }
}

/// [`Sums`].
///
/// # Safety
/// It is safe; the vector forms are not.
#[inline(always)]
#[allow(unsafe_code, reason = "of the type of the vector forms")]
pub(crate) unsafe fn sums(terms: Terms<'_>, out: &mut [i32]) {
    let (all_pairs, all_blocks) = terms.shape(out);
    let heads = terms.factors.chunks_exact(all_pairs * 2);
    for (factors, out) in heads.zip(out.chunks_exact_mut(all_blocks * LANES)) {
        let factors = &factors.as_chunks::<2>().0[terms.pairs.clone()];
        let rows = terms.data.as_chunks::<{ 2 * LANES }>().0;
        for block in terms.blocks.clone() {
            let rows = &rows[block * all_pairs..][terms.pairs.clone()];
            let mut sums = [0i32; LANES];
            for (factor, row) in factors.iter().zip(rows) {
                let [a, b] = factor.map(i32::from);
                for (sum, [x, y]) in sums.iter_mut().zip(row.as_chunks::<2>().0) {
                    // What a broken model has may not fit.
                    let products = (i32::from(*x) * a).wrapping_add(i32::from(*y) * b);
                    *sum = sum.wrapping_add(products);
                }
            }
            out[block * LANES..(block + 1) * LANES].copy_from_slice(&sums);
        }
    }
}

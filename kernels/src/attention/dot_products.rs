//! What the implementations of attention over integers compute.

use std::ops::Range;

use crate::cache::CACHE_LANES;

/// Query heads that go through a chunk together. More sums do not stay in registers.
pub(super) const MAX_HEADS: usize = 3;

/// Products of integers that are added up in 32 bits, over pairs and for [`CACHE_LANES`] side
/// by side: most of the time of attention. With keys, factors are queries, pairs are of
/// channels and lanes are positions; with values, factors are weights, pairs are of positions
/// and lanes are channels.
pub(crate) struct DotProducts<'a> {
    /// G.
    pub(super) heads: usize,
    /// What the numbers of a pair are multiplied by, [G, P, 2].
    pub(super) factors: &'a [i16],
    /// A chunk of a cache, [B, P, 16, 2].
    pub(super) data: &'a [i16],
    /// What will be read next, as long as `data`; or empty, if that is not to be asked for.
    pub(super) ahead: &'a [i16],
    /// The blocks whose lanes get sums, within 0..B.
    pub(super) blocks: Range<usize>,
    /// The pairs that are added up, within 0..P.
    pub(super) pairs: Range<usize>,
}

impl DotProducts<'_> {
    /// P and B.
    ///
    /// # Panics
    /// If the lengths do not fit each other, or there are no such blocks or pairs.
    #[inline(always)]
    pub(super) fn shape(&self, out: &[i32]) -> (usize, usize) {
        let pairs = self.factors.len() / self.heads / 2;
        let blocks = out.len() / self.heads / CACHE_LANES;
        assert!(self.factors.len() == self.heads * pairs * 2);
        assert!(out.len() == self.heads * blocks * CACHE_LANES);
        assert!(self.data.len() == blocks * pairs * CACHE_LANES * 2);
        assert!(self.ahead.is_empty() || self.ahead.len() == self.data.len());
        assert!(self.pairs.end <= pairs && self.blocks.end <= blocks);
        assert!(self.pairs.start <= self.pairs.end);
        (pairs, blocks)
    }
}

//! How positions are divided into chunks, and where the numbers of a chunk are.

use std::ops::Range;

/// Positions that a cache keeps together, and that attention takes at once. The partial
/// results of chunks are combined in their order, so that a result does not depend on which
/// thread computed which.
pub const CHUNK_POSITIONS: usize = 64;

/// Positions or channels that lie side by side, each with its pair.
pub(crate) const CACHE_LANES: usize = 16;

/// Divides the positions `range` into parts that begin at multiples of [`CHUNK_POSITIONS`].
///
/// ```
/// let ranges: Vec<_> = kernels::chunk_ranges(60..130).collect();
/// assert_eq!(ranges, [60..64, 64..128, 128..130]);
/// ```
pub fn chunk_ranges(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let first = range.start / CHUNK_POSITIONS;
    let count = range.end.div_ceil(CHUNK_POSITIONS) - first;
    (first..first + count).map(move |chunk| {
        let (start, end) = (chunk * CHUNK_POSITIONS, (chunk + 1) * CHUNK_POSITIONS);
        range.start.max(start)..range.end.min(end)
    })
}

/// The order of a chunk's integers. What is added up lies in pairs, as there are instructions
/// that take pairs of 16-bit integers; what is not added up lies in [`CACHE_LANES`] side by
/// side, so that no sum goes across a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChunkLayout {
    /// Products are added up over channels: [64 / 16, D / 2, 16 positions, 2 channels].
    Keys,
    /// They are added up over positions: [D / 16, 64 / 2, 16 channels, 2 positions].
    Values,
}

impl ChunkLayout {
    /// The index of a number.
    #[inline(always)]
    pub(super) fn place(self, width: usize, position: usize, channel: usize) -> usize {
        let (lane, pair, pairs) = match self {
            ChunkLayout::Keys => (position, channel, width / 2),
            ChunkLayout::Values => (channel, position, CHUNK_POSITIONS / 2),
        };
        ((lane / CACHE_LANES * pairs + pair / 2) * CACHE_LANES + lane % CACHE_LANES) * 2
            + pair % 2
    }
}

/// Positions, rounded outwards to all that lie in the same [`CACHE_LANES`].
#[inline(always)]
pub(crate) fn lanes_around(positions: &Range<usize>) -> Range<usize> {
    let (start, end) = (positions.start, positions.end);
    start / CACHE_LANES * CACHE_LANES..end.next_multiple_of(CACHE_LANES)
}

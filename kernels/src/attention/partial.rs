//! The partial results of attention.

/// Numbers of a partial result of a head that come before its D mixed values: the largest
/// score of a chunk of positions, and the sum of the powers e^(score − largest). The values
/// are mixed by these powers. The partial results of all chunks become the head's output by
/// [`combine`](crate::Kernels::combine) (after the online softmax of Milakov & Gimelshein,
/// 2018, arXiv:1805.02867).
pub const SOFTMAX_STATS: usize = 2;

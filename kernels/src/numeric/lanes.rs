//! How many numbers go side by side.

/// Numbers that are taken side by side, so that a compiler may use vectors.
pub(crate) const LANES: usize = 16;

/// The lanes, taken together by halves.
#[inline(always)]
pub(crate) fn fold_lanes<T: Copy>(mut lanes: [T; LANES], take: impl Fn(T, T) -> T) -> T {
    for width in [8, 4, 2, 1] {
        for lane in 0..width {
            lanes[lane] = take(lanes[lane], lanes[lane + width]);
        }
    }
    lanes[0]
}

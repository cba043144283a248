//! Rotary position embedding (Su et al., 2021, arXiv:2104.09864).

/// Rotates the pairs of a head's D channels by the angles of its position, D/2 cosines and
/// sines. A pair is two neighbours if `interleaved`, else a channel and the one D/2 further.
///
/// ```
/// // Half a turn for the first pair, none for the second.
/// let mut head = [1.0, 2.0, 3.0, 4.0];
/// kernels::rotate(&mut head, &[-1.0, 1.0], &[0.0, 0.0], false);
/// assert_eq!(head, [-1.0, 2.0, -3.0, 4.0]);
/// ```
pub fn rotate(head: &mut [f32], cos: &[f32], sin: &[f32], interleaved: bool) {
    if interleaved {
        for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
            let (a, b) = (pair[0], pair[1]);
            pair[0] = a * cos - b * sin;
            pair[1] = a * sin + b * cos;
        }
    } else {
        let (first, second) = head.split_at_mut(head.len() / 2);
        let angles = cos.iter().zip(sin);
        for ((a, b), (cos, sin)) in first.iter_mut().zip(second).zip(angles) {
            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
        }
    }
}

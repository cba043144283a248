//! Rotary position embedding (Su et al., 2021, arXiv:2104.09864).

/// Rotates the pairs of a head's D channels by the angles of its position, D/2 cosines and
/// sines. A pair is neighbours if `interleaved`, else a channel and the one D/2 further.
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

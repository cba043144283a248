//! Memory for what attention computes on its way.

/// Memory that one thread needs for attention, of G heads at once. It grows when it is used
/// first.
#[derive(Debug, Default)]
pub struct AttentionScratch {
    /// All queries as integers, [G, D].
    pub(super) queries: Vec<i16>,
    /// For each of them, what its products with keys are multiplied by.
    pub(super) factors: Vec<f32>,
    /// These products, [G, 64].
    pub(super) dots: Vec<i32>,
    /// Scores, then weights, [G, 64].
    pub(super) weights: Vec<f32>,
    /// Weights as integers, [G, 64].
    pub(super) integers: Vec<i16>,
    /// Weighted sums of values, [G, D].
    pub(super) mixed: Vec<i32>,
    /// Whether to ask memory for what is read next.
    pub(super) reads_ahead: bool,
}

impl AttentionScratch {
    /// For a single token, whose keys and values come from memory and are asked for ahead of
    /// time. In a prompt, they are in a cache since the token before.
    pub fn reading_ahead() -> AttentionScratch {
        AttentionScratch { reads_ahead: true, ..AttentionScratch::default() }
    }
}

//! From products to scores.

/// How scores are made of the products of a query with keys.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreScaling {
    /// What products are multiplied by: usually 1 / √D.
    pub factor: f32,
    /// If there is one, scores go through cap · tanh(score / cap), as in Gemma 2
    /// (arXiv:2408.00118).
    pub cap: Option<f32>,
}

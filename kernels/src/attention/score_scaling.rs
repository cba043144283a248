//! From products to scores.

use crate::numeric::to_bf16;

/// How scores are made of the products of a query with keys.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScoreScaling<'a> {
    /// What products are multiplied by: usually 1 / √D.
    pub factor: f32,
    /// If there is one, scores go through cap · tanh(score / cap), as in Gemma 2
    /// (arXiv:2408.00118).
    pub cap: Option<f32>,
    /// What is added to scores by position.
    pub bias: Option<LinearBias<'a>>,
}

/// Biases of scores that grow with the position: ALiBi (Press et al., 2022,
/// arXiv:2108.12409). What is added to all scores of a query alike changes nothing, so they
/// may be counted from any position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearBias<'a> {
    /// Of each query, the bias of a position less that of the one before it, `[G]`.
    pub slopes: &'a [f32],
    /// The position whose bias is 0. Close to the query, little is lost in rounding.
    pub origin: usize,
    /// Falcon's: a product of slope and position, from 0, is rounded to a bf16, and then
    /// multiplied by this factor. The slopes are bf16 numbers.
    pub rounded: Option<f32>,
}

impl LinearBias<'_> {
    /// The bias of a position for the query of that number.
    ///
    /// # Panics
    /// If there is no such query.
    #[inline(always)]
    pub fn of(&self, query: usize, position: usize) -> f32 {
        let slope = self.slopes[query];
        match self.rounded {
            None => slope * (position as isize - self.origin as isize) as f32,
            Some(factor) => factor * to_bf16(slope * to_bf16(position as f32)),
        }
    }
}

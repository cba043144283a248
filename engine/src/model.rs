//! What the session asks of a model, whatever its architecture or device.

use candle_core::{Result, Tensor};

/// A causal language model that remembers the sequence it has read.
///
/// The work is in two parts, so that the distribution after any token that was read can
/// be had again for the price of the output head: the final hidden states are kept by
/// the session, which is 2 to 4 kB a token.
pub trait LanguageModel: std::fmt::Debug + Send {
    /// Reads T ids after those that are cached; returns the final hidden states, after
    /// the last norm, [T, [`state_size`](Self::state_size)] in f32.
    ///
    /// If it fails, the caller must [`truncate`](Self::truncate) to the length before.
    fn forward(&mut self, ids: &[u32]) -> Result<Tensor>;

    /// The logits that follow each of T hidden states: [T, V] in f32.
    fn logits(&mut self, states: &Tensor) -> Result<Tensor>;

    /// The width of a hidden state.
    fn state_size(&self) -> usize;

    /// How many tokens are cached.
    fn cached(&self) -> usize;

    /// Forgets the tokens from `length` on.
    fn truncate(&mut self, length: usize);
}

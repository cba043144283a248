//! What a session asks of a model, whatever its architecture or device.

use crate::error::Result;
use crate::logits::Logits;

/// New ids of one of the sequences that a model remembers.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The sequence, by its place; places are small numbers.
    pub slot: usize,
    /// What follows its cached tokens.
    pub ids: &'a [u32],
}

/// A causal language model that remembers the sequences it has read, each in a slot.
///
/// The work is in two parts, so that the distribution after any token that was read can
/// be had again for the price of the output head: the session keeps the final hidden
/// states, which is 2 to 4 kB a token.
///
/// T tokens, H hidden width, V vocabulary.
pub trait LanguageModel: std::fmt::Debug + Send {
    /// Reads the ids of some sequences, T in all, of which no two have the same slot;
    /// returns the final hidden states, after the last norm, part by part, [T, H].
    ///
    /// If it fails, the caller must [`truncate`](Self::truncate) all of these to the
    /// lengths before.
    ///
    /// # Errors
    /// If there is no memory for so many tokens, or the computation fails.
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>>;

    /// The logits that follow each of T hidden states, [T, H]: [T, V].
    ///
    /// # Errors
    /// If there is no memory for them, or the computation fails.
    fn logits(&mut self, states: &[f32]) -> Result<Logits>;

    /// H, the width of a hidden state.
    fn state_size(&self) -> usize;

    /// Bytes that a cached token takes.
    fn bytes_per_token(&self) -> usize;

    /// How many tokens of a sequence are cached.
    fn cached(&self, slot: usize) -> usize;

    /// Forgets the tokens of a sequence from `length` on; with all of them, their memory.
    fn truncate(&mut self, slot: usize, length: usize);

    /// Makes a sequence the same as the first `length` tokens of another one.
    ///
    /// If it fails, the caller must [`truncate`](Self::truncate) it to nothing.
    ///
    /// # Errors
    /// If there is no memory for it, or the computation fails.
    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()>;
}

//! What the session asks of a model, whatever its architecture or device.

use candle_core::Tensor;

use crate::error::Result;

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
/// be had again for the price of the output head: the final hidden states are kept by
/// the session, which is 2 to 4 kB a token.
pub trait LanguageModel: std::fmt::Debug + Send {
    /// Reads the ids of some sequences, T in all, of which no two have the same slot;
    /// returns the final hidden states, after the last norm, part by part,
    /// [T, [`state_size`](Self::state_size)] in f32.
    ///
    /// If it fails, the caller must [`truncate`](Self::truncate) all of these to the
    /// lengths before.
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Tensor>;

    /// Reads T ids after those of the first slot: [T, [`state_size`](Self::state_size)].
    fn forward(&mut self, ids: &[u32]) -> Result<Tensor> {
        self.read(&[Part { slot: 0, ids }])
    }

    /// The logits that follow each of T hidden states: [T, V] in f32.
    fn logits(&mut self, states: &Tensor) -> Result<Tensor>;

    /// The width of a hidden state.
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
    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()>;
}

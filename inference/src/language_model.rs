//! The interface of a causal language model, whatever its architecture or device.

use kernels::PackedMatrix;
use model_files::weights::{DecoderView, StoredMatrix};

use crate::error::Result;
use crate::logits::Logits;
use crate::model_weights::ModelWeights;
use crate::taps::Taps;

/// New token ids for one of the sequences that a model has cached.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The sequence's slot. Slots are small numbers: a model allocates all up to the
    /// highest.
    pub slot: usize,
    /// The ids that follow its cached tokens.
    pub ids: &'a [u32],
}

/// A causal language model with a key/value cache for each slot.
///
/// Hidden states and logits are computed separately. A caller that keeps the hidden
/// states (4 · H bytes per token) can compute the logits after any token again with the
/// output head alone.
///
/// T tokens, H hidden width, V vocabulary.
pub trait LanguageModel: ModelWeights + std::fmt::Debug + Send {
    /// Reads T ids in all and appends them to the caches of their slots. No two parts may
    /// have the same slot. Returns the final hidden states, after the last norm, part by
    /// part, [T, H].
    ///
    /// After an error, the caller must [`truncate`](Self::truncate) all of these slots
    /// to their previous lengths.
    ///
    /// # Errors
    /// If the tokens do not fit in memory, or the computation fails.
    fn read(&mut self, parts: &[Part<'_>]) -> Result<Vec<f32>>;

    /// Reads the ids of one part as [`read`](Self::read) does, and appends what `taps` ask
    /// for to them.
    ///
    /// # Errors
    /// As [`read`](Self::read), and if what is kept does not fit in memory.
    fn read_tapped(&mut self, part: Part<'_>, taps: &mut Taps) -> Result<Vec<f32>>;

    /// The logits after each of T hidden states: [T, H] to [T, V].
    ///
    /// # Errors
    /// If the logits do not fit in memory, or the computation fails.
    fn logits(&mut self, states: &[f32]) -> Result<Logits>;

    /// H, the width of a hidden state.
    fn state_size(&self) -> usize;

    /// Cache size of one token, in bytes.
    fn bytes_per_token(&self) -> usize;

    /// The number of cached tokens of a slot; 0 if the slot was never used.
    fn cached(&self, slot: usize) -> usize;

    /// Removes a slot's tokens from `length` on. A length of 0 also frees their memory.
    fn truncate(&mut self, slot: usize, length: usize);

    /// Replaces the slot `to` by a copy of the first `length` tokens of the slot `from`.
    ///
    /// After an error, the caller must [`truncate`](Self::truncate) `to` to 0.
    ///
    /// # Errors
    /// If the copy does not fit in memory, or the computation fails.
    fn copy(&mut self, from: usize, to: usize, length: usize) -> Result<()>;

    /// Its weights in packed matrices, for another device that reads texts for it; `None` if
    /// it cannot [`adopt`](Self::adopt) what that has read.
    fn packed(&self) -> Option<DecoderView<'_, PackedMatrix>> {
        None
    }

    /// As [`packed`](Self::packed), of a model whose blocks stay in their file; `None` if they are
    /// in memory.
    fn stored(&self) -> Option<DecoderView<'_, StoredMatrix>> {
        None
    }

    /// Appends T tokens to a slot as if they had been read. `layers` has for each layer their
    /// keys, as they are after the rotation, and their values: [T, 2, K, D].
    ///
    /// After an error, the caller must [`truncate`](Self::truncate) the slot to its previous
    /// length, as after one of [`read`](Self::read).
    ///
    /// # Errors
    /// If they do not fit in memory, are not as many, or this model adopts none.
    fn adopt(&mut self, slot: usize, tokens: usize, layers: &[Vec<f32>]) -> Result<()> {
        let _ = (slot, tokens, layers);
        Err(candle_core::Error::Msg("this model adopts nothing".into()).into())
    }
}

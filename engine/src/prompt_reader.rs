//! A second device that reads texts for a model in memory, such as a GPU in a browser: what it
//! is asked, and what it gives. It answers while the session goes on.

use std::fmt::Debug;

use inference::distribution::Outlook;
use protocol::TokenId;

/// A device that reads texts for a model. It has the same weights, and keys and values of the
/// text that it read last. None of these calls waits for it.
pub trait PromptReader: Debug + Send {
    /// The longest text that it can read, in tokens.
    fn most_tokens(&self) -> usize;

    /// Whether it also continues texts: whether it is asked for single tokens, too, and gives the
    /// logits after the last one.
    fn continues(&self) -> bool;

    /// How many leading tokens of a text it has read, so that it need not do that again.
    fn known(&self, ids: &[TokenId]) -> usize;

    /// Begins to read a text. Dropping what is returned ends that. It reads one text at a
    /// time: nothing else is asked before.
    fn read(&mut self, question: PromptQuestion) -> Box<dyn PromptReading>;
}

/// A text that is being read. It comes in parts.
pub trait PromptReading: Debug + Send {
    /// The next part, if it has come. There is none after the last token and after a fault.
    ///
    /// # Errors
    /// If the device cannot go on. It is not asked again.
    fn take(&mut self) -> Option<Result<ReadTokens, ReaderFault>>;
}

/// A text to read.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptQuestion {
    /// The whole text.
    pub ids: Vec<TokenId>,
    /// How many of them the model has read itself: only what follows is wanted.
    pub from: usize,
    /// How the tokens after the text will be drawn, if they will. A device may guess them and
    /// read on before it is asked, so that it need not wait; which they are, the engine says.
    pub outlook: Option<Outlook>,
}

/// What was read: T tokens after those that were given before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReadTokens {
    /// Their final hidden states, after the last norm, [T, H].
    pub states: Vec<f32>,
    /// For each layer their keys, as they are after the rotation, and their values:
    /// [T, 2, K, D].
    pub layers: Vec<Vec<f32>>,
    /// The logits after the last of them, `[V]`, from a device that continues texts, if that is
    /// the last token of the text; else empty.
    pub logits: Vec<f32>,
}

/// Why a device cannot go on, for logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ReaderFault(pub String);

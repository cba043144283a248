//! Passes that were submitted and have not come back.

use std::collections::VecDeque;

use wasm_bindgen_futures::JsFuture;

use super::device::Scopes;
use super::staging::ReadBack;

/// A pass that was submitted.
pub(super) struct InFlight {
    pub(super) copy: ReadBack,
    /// Bytes of it that come back.
    pub(super) bytes: usize,
    pub(super) mapped: JsFuture,
    pub(super) scopes: Scopes,
    /// Tokens of which anything was read back.
    pub(super) wanted: usize,
    /// Logits that are read back.
    pub(super) logits: usize,
    /// Whether the device has guessed its token.
    pub(super) guessed: bool,
    pub(super) tokens: usize,
}

/// Passes of a token each, which the device has guessed. The first one follows the text that
/// the device has read.
#[derive(Default)]
pub(super) struct Ahead {
    pub(super) passes: VecDeque<InFlight>,
    /// Whether the last pass, or the last one of the text, guesses the token after it.
    pub(super) goes_on: bool,
    /// Guesses that were right, one after the other. What follows a wrong one is lost time, so
    /// there are more passes only while guesses are right.
    pub(super) right: usize,
}

//! The explorer's sentences and labels.

use crate::format;

/// The text was opened from the chat, so it is not the prompt's.
pub(crate) const FROM_CHAT: &str =
    "The text below is from the chat. Start replaces it with this prompt.";

/// A row was named that is not there.
pub(crate) const NO_ROW: &str = "There is no such row.";
/// The bars are not there yet.
pub(crate) const STILL_COMPUTING: &str =
    "Still computing. Choose again when the bars are there.";
/// Undo or Redo has nothing to do.
pub(crate) const NOTHING_FURTHER: &str = "There is nothing more in that direction.";
/// The text was cleared.
pub(crate) const CLEARED: &str = "The text was cleared. Undo brings it back.";
/// The text has no token.
pub(crate) const EMPTY_TEXT: &str = "The text is empty.";
/// The person no longer looks back.
pub(crate) const BACK_AT_END: &str = "Back at the end.";
/// There is nothing to continue.
pub(crate) const NO_TEXT: &str = "There is no text yet. Press Start first.";
/// The model cannot be asked yet.
pub(crate) const NOT_READY: &str = "The model is not ready yet.";
/// The model has not read the text yet.
pub(crate) const STILL_READING: &str = "The model is still reading the text.";
/// What to do about a full context.
pub(crate) const SHORTEN: &str = "Go back some tokens, or start with a shorter prompt.";
/// Another model divides the text into other tokens.
pub(crate) const DIVIDED_ANEW: &str = "This model has other tokens, so the text was divided again. Undo brings the old tokens \
     back.";
/// Play has begun.
pub(crate) const PLAYING: &str = "Playing.";
/// The model ended the text.
pub(crate) const TEXT_ENDED: &str = "The model ended the text.";
/// The prompt has no text.
pub(crate) const EMPTY_PROMPT: &str = "The prompt is empty.";
/// What to do then.
pub(crate) const TYPE_SOME: &str = "Type some text for the model to continue.";
/// The prompt waits for the model.
pub(crate) const WILL_RUN: &str = "The prompt will run as soon as the model is ready.";
/// The prompt has no tokens.
pub(crate) const NO_TOKENS: &str = "This model makes no tokens of that text.";
/// What to do then.
pub(crate) const TYPE_MORE: &str = "Type some more, then start again.";

/// The last token of the text, as it is said.
pub(crate) fn ends_with(token: &str) -> String {
    format!("The text ends with {token}.")
}

/// The token that is looked back at, as it is said; the position counts from 1.
pub(crate) fn looking_back(position: usize, token: &str) -> String {
    format!("Looking back at token {position}, {token}.")
}

/// A token, as it is said, that was appended, with its probability.
pub(crate) fn appended(token: &str, probability: f32) -> String {
    format!("{token}, {}", format::spoken_percent(probability))
}

/// The model's context is full.
pub(crate) fn context_full(limit: usize) -> String {
    format!("The model’s context of {} tokens is full.", format::count(limit as u64))
}

/// How many tokens the prompt has.
pub(crate) fn prompt_tokens(count: usize) -> String {
    format::counted(count as u64, "token")
}

/// The button that shows earlier tokens, of which so many are not shown.
pub(crate) fn earlier_tokens(hidden: usize) -> String {
    format!("↑ {} before these", format::counted(hidden as u64, "token"))
}

/// The button that shows later tokens, of which so many are not shown.
pub(crate) fn later_tokens(hidden: usize) -> String {
    format!("↓ {} after these", format::counted(hidden as u64, "token"))
}

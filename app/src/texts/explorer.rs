//! The explorer's sentences and labels.

use crate::format;

/// The text was opened from the chat, so it is not the prompt's.
pub(crate) const FROM_CHAT: &str =
    "The text below is from the chat. Start replaces it with this prompt.";

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

//! The explorer's sentences and labels.

use crate::format;

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

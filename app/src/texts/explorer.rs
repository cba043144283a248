//! The explorer's sentences and labels.

pub(crate) use crate::language::table::explorer::*;

use crate::format;
use crate::language::say;
use crate::language::table::counts;

/// The last token of the text, as it is said.
pub(crate) fn ends_with(token: &str) -> String {
    say!(ENDS_WITH, token = token)
}

/// The token that is looked back at, as it is said; the position counts from 1.
pub(crate) fn looking_back(position: usize, token: &str) -> String {
    say!(LOOKING_BACK, position = position, token = token)
}

/// A token, as it is said, that was appended, with its probability.
pub(crate) fn appended(token: &str, probability: f32) -> String {
    say!(APPENDED, token = token, probability = format::spoken_percent(probability))
}

/// The model's context is full.
pub(crate) fn context_full(limit: usize) -> String {
    say!(CONTEXT_FULL, tokens = counts::TOKENS.of(limit as u64))
}

/// How many tokens the prompt has.
pub(crate) fn prompt_tokens(count: usize) -> String {
    counts::TOKENS.of(count as u64)
}

/// How surprising the text was: its tokens, and the mean surprisal in bits.
pub(crate) fn text_facts(tokens: u64, bits_per_token: Option<f64>) -> String {
    let tokens = counts::TOKENS.of(tokens);
    match bits_per_token {
        None => tokens,
        Some(bits) => say!(
            TEXT_FACTS,
            tokens = tokens,
            bits = format::digits(bits),
            perplexity = format::digits(bits.exp2()),
        ),
    }
}

/// The button that shows earlier tokens, of which so many are not shown.
pub(crate) fn earlier_tokens(hidden: usize) -> String {
    say!(EARLIER_TOKENS, tokens = counts::TOKENS.of(hidden as u64))
}

/// The button that shows later tokens, of which so many are not shown.
pub(crate) fn later_tokens(hidden: usize) -> String {
    say!(LATER_TOKENS, tokens = counts::TOKENS.of(hidden as u64))
}

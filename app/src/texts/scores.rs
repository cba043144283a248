//! Sentences about the scores of a text.

use protocol::ScoredToken;

use crate::format;
use crate::state::{Landmark, Totals, expected_token};

/// There is nothing in the box.
pub(crate) const EMPTY: &str = "Type or paste a text first.";
/// There is no running text.
pub(crate) const NO_TEXT: &str = "There is no running text yet.";
/// There is no model yet.
pub(crate) const NOT_READY: &str = "The model is not ready yet.";
/// No text was scored yet.
pub(crate) const HINT: &str =
    "Paste a text to see which of its tokens surprised the model, and what it expected.";
/// A text is being scored.
pub(crate) const COMPUTING: &str = "Scoring…";

/// There is no place of a kind in the text.
pub(crate) fn none_of(kind: Landmark) -> &'static str {
    match kind {
        Landmark::Uncertain => "The model was never that unsure in this text.",
        Landmark::Surprising => "Nothing in this text surprised the model much.",
        Landmark::Fork => "Nowhere in this text were two tokens nearly as likely.",
    }
}

/// The text as a whole.
pub(crate) fn totals(totals: Totals) -> String {
    format!(
        "{} scored · {} bits · {} bits per token · perplexity {}",
        format::counted(totals.scored as u64, "token"),
        format::digits(totals.bits),
        format::digits(totals.bits_per_token),
        format::digits(totals.perplexity),
    )
}

/// A token, by its index from 0, with its numbers and what was expected.
pub(crate) fn token(index: usize, scored: &ScoredToken) -> String {
    let name = &scored.token.text;
    let place = format::count(index as u64 + 1);
    let Some(score) = scored.score else {
        return format!("Token {place} {name}: the first has nothing before it.");
    };
    let expected = match &scored.expected {
        None => "as expected".into(),
        Some(_) => format!(
            "expected {} {}",
            expected_token(scored).text,
            format::percent(score.best_probability)
        ),
    };
    format!(
        "Token {place} {name}: p {}, rank {}, {} bits; {expected}; entropy {} bits",
        format::percent(score.probability),
        format::count(score.rank.into()),
        format::digits(score.surprisal_bits.into()),
        format::digits(score.entropy_bits.into()),
    )
}

/// Which tokens are drawn, of all.
pub(crate) fn drawn(first: usize, last: usize, all: usize) -> String {
    format!(
        "tokens {} to {} of {}",
        format::count(first as u64 + 1),
        format::count(last as u64),
        format::count(all as u64)
    )
}

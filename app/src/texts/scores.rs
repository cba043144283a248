//! Sentences about the scores of a text.

use protocol::ScoredToken;

pub(crate) use crate::language::table::scores::*;

use super::panel::at_least;
use crate::format;
use crate::language::say;
use crate::language::table::counts;
use crate::state::{Landmark, Totals, expected_token};

/// There is no place of a kind in the text.
pub(crate) fn none_of(kind: Landmark) -> &'static str {
    match kind {
        Landmark::Uncertain => NONE_UNCERTAIN.get(),
        Landmark::Surprising => NONE_SURPRISING.get(),
        Landmark::Fork => NO_FORK.get(),
    }
}

/// The text as a whole.
pub(crate) fn totals(totals: Totals) -> String {
    say!(
        TOTALS,
        tokens = counts::TOKENS.of(totals.scored as u64),
        bits = format::digits(totals.bits),
        mean = format::digits(totals.bits_per_token),
        perplexity = format::digits(totals.perplexity),
    )
}

/// A token, by its index from 0, with its numbers and what was expected.
pub(crate) fn token(index: usize, scored: &ScoredToken) -> String {
    let name = &scored.token.text;
    let place = format::count(index as u64 + 1);
    let Some(score) = scored.score else {
        return say!(FIRST, place = place, token = name);
    };
    let expected = match &scored.expected {
        None => AS_EXPECTED.into(),
        Some(_) => say!(
            EXPECTED,
            token = expected_token(scored).text,
            p = format::percent(score.best_probability),
        ),
    };
    say!(
        TOKEN,
        place = place,
        token = name,
        p = format::percent(score.probability),
        rank = format::count(score.rank.into()),
        bits = format::digits(score.surprisal_bits.into()),
        expected = expected,
        entropy = at_least(score.exact, format::digits(score.entropy_bits.into())),
    )
}

/// Which tokens are drawn, of all.
pub(crate) fn drawn(first: usize, last: usize, all: usize) -> String {
    say!(
        DRAWN,
        first = format::count(first as u64 + 1),
        last = format::count(last as u64),
        all = format::count(all as u64),
    )
}

//! The sentences of the panel with the distribution, as far as they are the explorer's or of
//! both tabs.

use protocol::{Candidate, SamplerSettings, TokenScore};

pub(crate) use crate::language::table::panel::*;

use super::tokens::exact;
use crate::format;
use crate::language::say;
use crate::language::table::numbers;
use crate::state::TokenOrigin;

/// The entropy.
pub(crate) fn bits(bits: f64) -> String {
    say!(numbers::BITS, number = format::digits(bits))
}

/// A number that is the least that it can be, unless it is exact: an engine elsewhere may not
/// tell of all tokens.
pub(crate) fn at_least(exact: bool, number: String) -> String {
    if exact { number } else { format!("≥ {number}") }
}

/// What an entropy in bits feels like.
pub(crate) fn choices(bits: f64) -> String {
    say!(CHOICES, number = format::digits(bits.exp2()))
}

/// The head of the column of q: the sampler draws, or takes the most probable token.
pub(crate) fn q_head(samples: bool) -> &'static str {
    if samples { SAMPLING_Q.get() } else { GREEDY.get() }
}

/// The point that was drawn, 0 to 1, and the token that it fell on.
pub(crate) fn draw(point: f32, token: &str) -> String {
    say!(DRAW, point = format::fixed(point.into(), 3), token = token)
}

/// The title at the end of the text; the position counts from 1.
pub(crate) fn next_token(position: usize) -> String {
    say!(NEXT_TOKEN_AT, position = position)
}

/// The title while the person looks back at a position, which counts from 1.
pub(crate) fn looking_back(position: usize) -> String {
    say!(LOOKING_BACK, position = position)
}

/// The title for the last token of the text, of which the position counts from 1.
pub(crate) fn chosen_from(position: usize) -> String {
    say!(CHOSEN_FROM, position = position)
}

/// The distribution in view was computed with other settings than the knobs have.
pub(crate) fn outdated(settings: &SamplerSettings) -> String {
    say!(OUTDATED, settings = format::sampler(settings))
}

/// How a token came into the text: with its score by the model if there is one, and if it was
/// chosen by this model, with its q and the sampler of that time.
pub(crate) fn story(
    text: &str,
    origin: TokenOrigin,
    score: Option<TokenScore>,
    choice: Option<(f32, &SamplerSettings)>,
) -> String {
    let how = match origin {
        TokenOrigin::Prompt => OF_PROMPT,
        TokenOrigin::Picked => PICKED,
        TokenOrigin::Greedy => MOST_PROBABLE,
        TokenOrigin::Sampled => SAMPLED,
    };
    let Some(score) = score else { return format!("{text} · {how}") };
    let how = match choice {
        None => how.into(),
        Some((q, settings)) => say!(
            CHOSEN_WITH,
            how = how,
            q = format::percent(q),
            settings = format::sampler(settings),
        ),
    };
    say!(
        STORY,
        text = text,
        rank = format::count(score.rank.into()),
        p = format::percent(score.probability),
        bits = format::digits(f64::from(score.surprisal_bits)),
        how = how,
    )
}

/// The story of a token that the pointer is on; the position counts from 1.
pub(crate) fn story_at(position: usize, story: &str) -> String {
    say!(STORY_AT, position = position, story = story)
}

/// The exact numbers of the chosen token, which is in no row.
pub(crate) fn chosen_below(candidate: &Candidate) -> String {
    say!(CHOSEN_BELOW, numbers = exact(candidate))
}

/// The exact numbers of the drawn token, which is in no row.
pub(crate) fn sampled_below(candidate: &Candidate) -> String {
    say!(SAMPLED_BELOW, numbers = exact(candidate))
}

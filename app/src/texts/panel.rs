//! The sentences of the panel with the distribution, as far as they are the explorer's or of
//! both tabs.

use protocol::{Candidate, SamplerSettings, TokenScore};

use super::tokens::exact;
use crate::format;
use crate::state::TokenOrigin;

/// The title before there is a text.
pub(crate) const NEXT_TOKEN: &str = "Next token";
/// There is no distribution before the first token.
pub(crate) const FIRST_TOKEN: &str =
    "The first token has no probability: nothing comes before it.";
/// The model is loaded, and the prompt runs then.
pub(crate) const WILL_RUN: &str =
    "Loading the model… your prompt will run automatically.";
/// The model is being loaded.
pub(crate) const LOADING: &str = "Loading the model…";
/// There is no model.
pub(crate) const NO_MODEL: &str = "No model loaded.";
/// The model reads the text.
pub(crate) const READING: &str = "Reading the text…";
/// The distribution is on its way.
pub(crate) const COMPUTING: &str = "Computing…";
/// There is no text yet.
pub(crate) const PRESS_START: &str = "Press Start to see what may follow the prompt.";
/// The model cannot read the whole text.
pub(crate) const TOO_LONG: &str = "The text is longer than the model’s context.";
/// The distribution was not computed.
pub(crate) const NOT_COMPUTED: &str =
    "Not computed. Press Greedy or move a knob to compute it.";

/// The drawn token is in no row.
pub(crate) const ONE_OF_OTHERS: &str = "one of the others";

/// The entropy.
pub(crate) fn bits(bits: f64) -> String {
    format!("{} bits", format::digits(bits))
}

/// What an entropy in bits feels like.
pub(crate) fn choices(bits: f64) -> String {
    format!("as uncertain as {} equal choices", format::digits(bits.exp2()))
}

/// The head of the column of q: the sampler draws, or takes the most probable token.
pub(crate) fn q_head(samples: bool) -> &'static str {
    if samples { "sampling q" } else { "greedy" }
}

/// The point that was drawn, 0 to 1, and the token that it fell on.
pub(crate) fn draw(point: f32, token: &str) -> String {
    format!("draw {point:.3} → {token}")
}

/// The title at the end of the text; the position counts from 1.
pub(crate) fn next_token(position: usize) -> String {
    format!("Next token, at position {position}")
}

/// The title while the person looks back at a position, which counts from 1.
pub(crate) fn looking_back(position: usize) -> String {
    format!("Looking back at position {position}")
}

/// The title for the last token of the text, of which the position counts from 1.
pub(crate) fn chosen_from(position: usize) -> String {
    format!("Token {position} and what it was chosen from")
}

/// The distribution in view was computed with other settings than the knobs have.
pub(crate) fn outdated(settings: &SamplerSettings) -> String {
    format!(
        "Computed with {}. Press Greedy or move a knob to compute it with the current \
         settings.",
        format::sampler(settings)
    )
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
        TokenOrigin::Prompt => "part of the prompt",
        TokenOrigin::Picked => "picked",
        TokenOrigin::Greedy => "the most probable",
        TokenOrigin::Sampled => "sampled",
    };
    let Some(score) = score else { return format!("{text} · {how}") };
    let rank = format::count(score.rank.into());
    let p = format::percent(score.probability);
    let bits = format::digits(f64::from(score.surprisal_bits));
    match choice {
        None => format!("{text} · rank {rank} · p {p} · {bits} bits · {how}"),
        Some((q, settings)) => format!(
            "{text} · rank {rank} · p {p} · {bits} bits · {how} with q {} at {}",
            format::percent(q),
            format::sampler(settings)
        ),
    }
}

/// The story of a token that the pointer is on; the position counts from 1.
pub(crate) fn story_at(position: usize, story: &str) -> String {
    format!("position {position}: {story}")
}

/// The exact numbers of the chosen token, which is in no row.
pub(crate) fn chosen_below(candidate: &Candidate) -> String {
    format!("Chosen, below these rows: {}", exact(candidate))
}

/// The exact numbers of the drawn token, which is in no row.
pub(crate) fn sampled_below(candidate: &Candidate) -> String {
    format!("Sampled, below these rows: {}", exact(candidate))
}

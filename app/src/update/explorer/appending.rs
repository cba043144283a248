//! Appending a candidate of the distribution in view to the text.

use protocol::{Candidate, Distribution};

use super::limits::{cannot_append, exceeds_context};
use super::text_requests::request_distribution;
use crate::state::{Node, State, TokenChoice, TokenOrigin};
use crate::texts::{explorer, panel, tokens};
use crate::update::requests::Effects;

/// Appends the candidate of a row.
pub(crate) fn append_row(state: &mut State, row: usize, effects: &mut Effects) {
    let choose = |seen: &Distribution| seen.candidates.get(row).cloned();
    choose_from_view(state, TokenOrigin::Picked, choose, effects);
}

/// Appends the most probable candidate.
pub(crate) fn append_greedy(state: &mut State, effects: &mut Effects) {
    let choose = |seen: &Distribution| seen.candidates.first().cloned();
    choose_from_view(state, TokenOrigin::Greedy, choose, effects);
}

/// Appends the token that the sampler drew.
pub(crate) fn append_sampled(state: &mut State, effects: &mut Effects) {
    let choose = |seen: &Distribution| Some(seen.sampled.clone());
    choose_from_view(state, TokenOrigin::Sampled, choose, effects);
}

/// Appends a candidate of the distribution in view, after the tokens that precede it.
pub(super) fn append(
    state: &mut State,
    candidate: Candidate,
    origin: TokenOrigin,
    effects: &mut Effects,
) {
    let Some(distribution) = state.current().cloned() else { return };
    let Some(model) = state.engine.model_id() else { return };
    let position = state.explorer.position();
    if exceeds_context(state, position + 1) {
        state.explorer.paced_play = false;
        return;
    }
    let spoken = tokens::spoken(&candidate.token);
    state.announce(explorer::appended(&spoken, candidate.probability));
    let node = Node::chosen(TokenChoice { model, candidate, distribution }, origin);
    state.explorer.tree.branch(position, node);
    state.explorer.look_back = None;
    request_distribution(state, effects);
}

/// Appends a word of one or more tokens after the tokens that precede the distribution in
/// view. The first has its numbers there.
pub(crate) fn append_tokens(
    state: &mut State,
    tokens: &[Candidate],
    effects: &mut Effects,
) {
    let Some((first, rest)) = tokens.split_first() else { return };
    if state.requests.playing() || cannot_append(state) {
        return;
    }
    let position = state.explorer.position();
    let (Some(model), Some(_)) = (state.engine.model_id(), state.current()) else {
        state.notify(explorer::STILL_COMPUTING);
        return;
    };
    if exceeds_context(state, position + tokens.len()) {
        return;
    }
    append(state, first.clone(), TokenOrigin::Picked, effects);
    for (index, candidate) in (position + 1..).zip(rest) {
        let (token, origin) = (candidate.token.clone(), TokenOrigin::Picked);
        state.explorer.tree.branch(index, Node::given(token, origin, Some(model)));
    }
    if !rest.is_empty() {
        request_distribution(state, effects);
    }
}

fn choose_from_view(
    state: &mut State,
    origin: TokenOrigin,
    choose: impl Fn(&Distribution) -> Option<Candidate>,
    effects: &mut Effects,
) {
    if state.requests.playing() || cannot_append(state) {
        return;
    }
    match state.current() {
        Some(seen) => match choose(seen) {
            Some(candidate) => append(state, candidate, origin, effects),
            None => state.notify(explorer::NO_ROW),
        },
        None if state.explorer.look_back == Some(0) => {
            state.notify(panel::FIRST_TOKEN);
        }
        None if state.computing() => {
            state.notify(explorer::STILL_COMPUTING);
        }
        None => request_distribution(state, effects),
    }
}

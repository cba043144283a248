//! Moving through the text and its history: undo, redo, clearing, and looking back at a
//! token.

use super::text_requests::{cancel_distribution, request_distribution};
use crate::action::Direction;
use crate::effect::{Effect, Focus};
use crate::state::{MAX_TOKENS_SHOWN, NodeId, Purpose, State, WhenReady};
use crate::texts::{explorer, tokens};
use crate::update::requests::{Effects, cancel};
use crate::update::stopping::stop_play;

/// Goes one step back in the history.
pub(crate) fn undo(state: &mut State, effects: &mut Effects) {
    step(state, effects, |state| state.explorer.tree.undo());
}

/// Goes one step forward in the history.
pub(crate) fn redo(state: &mut State, effects: &mut Effects) {
    step(state, effects, |state| state.explorer.tree.redo());
}

/// Makes the text up to a token the current one. Undo goes back.
pub(crate) fn go_to(state: &mut State, tail: NodeId, effects: &mut Effects) {
    step(state, effects, |state| {
        state.explorer.tree.go_to(tail);
        true
    });
}

fn step(state: &mut State, effects: &mut Effects, go: impl FnOnce(&mut State) -> bool) {
    stop_play(state, effects);
    let changes_text =
        |purpose: &Purpose| matches!(purpose, Purpose::Tokenize | Purpose::Verify { .. });
    cancel(state, changes_text, effects);
    if go(state) {
        state.explorer.look_back = None;
        let last = state.explorer.tree.nodes().next_back();
        let text = match last {
            Some(node) => explorer::ends_with(&tokens::spoken(&node.token)),
            None => explorer::EMPTY_TEXT.into(),
        };
        state.announce(text);
    } else {
        state.notify(explorer::NOTHING_FURTHER);
    }
    request_distribution(state, effects);
}

/// Shows earlier or later tokens of a long text.
pub(crate) fn show_tokens(state: &mut State, direction: Direction) {
    let start = state.explorer.shown().start;
    let by = MAX_TOKENS_SHOWN / 2;
    state.explorer.first_shown = Some(match direction {
        Direction::Earlier => start.saturating_sub(by),
        Direction::Later => start + by,
    });
    // Otherwise the token that is looked back at would be brought into view again.
    state.explorer.look_back = None;
}

/// Clears the text. Answers that are still on their way are not shown.
pub(crate) fn clear_text(state: &mut State, effects: &mut Effects) {
    let of_explorer = |purpose: &Purpose| {
        matches!(
            purpose,
            Purpose::Tokenize
                | Purpose::Verify { .. }
                | Purpose::Distribution(_)
                | Purpose::Score(_)
                | Purpose::Play
        )
    };
    state.explorer.paced_play = false;
    cancel(state, of_explorer, effects);
    state.explorer.tree.clear();
    state.explorer.look_back = None;
    state.explorer.latest = None;
    state.explorer.when_ready = WhenReady::Resume;
    state.explorer.restart_play = false;
    state.engine.last_step = None;
    state.notify(explorer::CLEARED);
    effects.push(Effect::Focus(Focus::Prompt));
}

/// Shows the distribution that a token was chosen from: the one of that time, if it is
/// known.
pub(crate) fn look_back(state: &mut State, index: usize, effects: &mut Effects) {
    let Some(node) = state.explorer.tree.at(index) else { return };
    let text = explorer::looking_back(index + 1, &tokens::spoken(&node.token));
    stop_play(state, effects);
    state.explorer.look_back = Some(index);
    state.announce(text);
    let model = state.engine.model_id();
    let choice = state.explorer.looked_at().and_then(|node| node.choice_by(model));
    let known = choice.map(|choice| choice.distribution.clone());
    match (known, state.text_key()) {
        (Some(distribution), Some(text)) => {
            cancel_distribution(state, effects);
            state.show_distribution(text, distribution);
        }
        _ => request_distribution(state, effects),
    }
}

/// Shows the distribution at the end of the text again.
pub(crate) fn return_to_end(state: &mut State, effects: &mut Effects) {
    if state.explorer.look_back.take().is_some() {
        state.announce(explorer::BACK_AT_END);
        request_distribution(state, effects);
    }
}

/// Looks back at the token that is `by` further on. After the last token comes the end.
pub(crate) fn move_along(state: &mut State, by: i32, effects: &mut Effects) {
    let end = state.explorer.tree.path().len();
    let from = state.explorer.look_back.unwrap_or(end);
    let to = from.saturating_add_signed(by as isize);
    if to < end {
        look_back(state, to, effects);
        effects.push(Effect::Focus(Focus::Token(to)));
    } else {
        return_to_end(state, effects);
        effects.push(Effect::Focus(Focus::Row(state.selected_row)));
    }
}

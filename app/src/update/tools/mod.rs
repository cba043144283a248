//! The tools beneath the text. After every change, an open tool asks the engine for what it
//! shows and does not have.

mod branches;
mod comparison;
mod draws;
mod guess;
mod inside;
mod recorded;
mod scores;
mod side;
mod side_answers;
mod words;

pub(super) use branches::{on_action as on_branches_action, on_event as on_growth_event};
pub(super) use comparison::{
    on_action as on_comparison_action, on_event as on_comparison_event,
};
pub(super) use draws::{on_action as on_draws_action, on_event as on_trial_event};
pub(super) use guess::on_action as on_guess_action;
pub(super) use inside::{on_action as on_inside_action, on_event as on_inside_event};
pub(super) use recorded::show_recorded;
pub(super) use scores::{on_action as on_scores_action, on_event as on_scores_event};
pub(super) use side::{close as close_side, on_side_link};
pub(super) use side_answers::on_answer as on_side_answer;
pub(super) use words::{on_action as on_words_action, on_event as on_words_event};

use super::requests::Effects;
use crate::state::State;

/// Forgets what was asked of an engine that is no longer there, so that it is asked again.
pub(super) fn forget_questions(state: &mut State) {
    state.words.asked = None;
    state.comparison.asked = None;
    state.trials.asked = None;
    state.side.parts = None;
}

/// Requests what the open tool shows and does not have yet.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    words::refresh(state, effects);
    comparison::refresh(state, effects);
    side::refresh(state, effects);
    draws::refresh(state, effects);
    inside::refresh(state, effects);
    guess::refresh(state);
}

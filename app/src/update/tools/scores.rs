//! The scores of any text.

use protocol::{Command, Event};

use crate::state::{PAGE_TOKENS, Purpose, ScoredText, ScoresAction, State};
use crate::texts;
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(state: &mut State, action: ScoresAction, effects: &mut Effects) {
    match action {
        ScoresAction::Edit(text) => state.scores.typed = text,
        ScoresAction::ScoreTyped if state.scores.typed.is_empty() => {
            state.notify(texts::scores::EMPTY);
        }
        ScoresAction::ScoreTyped => {
            if begin(state, effects) {
                let text = state.scores.typed.clone();
                let command = Command::Tokenize { text, options: Default::default() };
                send(state, Purpose::TokenizeToScore, command, effects);
            }
        }
        ScoresAction::ScoreRunning => {
            let ids = state.explorer.tree.ids(usize::MAX);
            if ids.is_empty() {
                state.notify(texts::scores::NO_TEXT);
            } else if begin(state, effects) {
                send(state, Purpose::ScoreText, Command::Score { ids }, effects);
            }
        }
        ScoresAction::SetHeat(heat) => state.scores.heat = heat,
        ScoresAction::Select(index) => select(state, index),
        ScoresAction::SelectDrawn(index) => {
            let page = state.scores.selected / PAGE_TOKENS;
            select(state, page * PAGE_TOKENS + index);
        }
        ScoresAction::Jump(kind, by) => {
            let Some(text) = &state.scores.text else { return };
            match text.landmark(kind, state.scores.selected, by) {
                Some(index) => select(state, index),
                None => state.notify(texts::scores::none_of(kind)),
            }
        }
    }
}

/// Makes room for another text. False if there is no model to score it.
fn begin(state: &mut State, effects: &mut Effects) -> bool {
    if !state.engine.is_ready() {
        state.notify(texts::scores::NOT_READY);
        return false;
    }
    let scores = |purpose: &Purpose| {
        matches!(purpose, Purpose::TokenizeToScore | Purpose::ScoreText)
    };
    cancel(state, scores, effects);
    state.scores.problem = None;
    true
}

fn select(state: &mut State, index: usize) {
    let Some(text) = &state.scores.text else { return };
    let Some(scored) = text.tokens.get(index) else { return };
    let said = texts::scores::token(index, scored);
    state.scores.selected = index;
    state.announce(said);
}

/// Takes what the engine says about a text that is to be scored.
pub(crate) fn on_event(state: &mut State, event: Event, effects: &mut Effects) {
    match event {
        Event::Tokenized { tokens } => {
            let ids = tokens.into_iter().map(|token| token.id).collect();
            send(state, Purpose::ScoreText, Command::Score { ids }, effects);
        }
        Event::Scored { tokens, .. } => {
            let Some(model) = state.engine.model_id() else { return };
            let text = ScoredText { model, tokens };
            let said = text.totals().map(texts::scores::totals);
            // The most surprising token is what one looks for first.
            state.scores.selected = text.worst().first().copied().unwrap_or(0);
            state.scores.text = Some(text);
            state.announce(said.unwrap_or_default());
        }
        Event::Failed(failure) => state.scores.problem = Some(failure.message),
        _ => {}
    }
}

//! Play: sampling goes on by itself, in a stream as fast as the model is, or one token
//! at a time at a pace that eyes can follow.

use std::rc::Rc;

use protocol::{Command, Distribution, FinishReason, limits};

use super::{Effects, abandon, ask, distribution, explorer};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Node, NodeId, Purpose, State, TokenChoice, TokenOrigin};

/// Begins to play at the end of the text.
pub(super) fn start(state: &mut State, effects: &mut Effects) {
    if state.playing() || explorer::cannot_continue(state) {
        return;
    }
    let length = state.explorer.tree.path().len();
    if let Some(limit) = explorer::context_limit(state).filter(|limit| length >= *limit) {
        state.show_problem(explorer::context_full(limit));
        return;
    }
    state.explorer.look_back = None;
    state.announce("Playing.");
    go_on(state, effects);
}

/// Stops playing, if it is.
pub(super) fn stop(state: &mut State, effects: &mut Effects) {
    let paced = std::mem::take(&mut state.explorer.paced_play);
    state.explorer.restart_play = false;
    if abandon(state, |purpose| *purpose == Purpose::Play, effects) || paced {
        state.notify("Stopped.");
    }
}

/// Goes on at another pace.
pub(super) fn change_pace(state: &mut State, effects: &mut Effects) {
    if state.playing() {
        stop(state, effects);
        start(state, effects);
    }
}

/// Takes a token of the stream.
pub(super) fn token(state: &mut State, drawn: Distribution, effects: &mut Effects) {
    let Some(model) = state.engine.model_id() else { return };
    let distribution = Rc::new(drawn);
    let candidate = distribution.sampled.clone();
    let choice = TokenChoice { model, candidate, distribution: distribution.clone() };
    let length = state.explorer.tree.path().len();
    state.explorer.tree.branch(length, Node::chosen(choice, TokenOrigin::Sampled));
    distribution::keep_row(state, &distribution);
    // Knobs that were turned meanwhile count from the next token on.
    if std::mem::take(&mut state.explorer.restart_play) {
        abandon(state, |purpose| *purpose == Purpose::Play, effects);
        go_on(state, effects);
    }
}

/// The stream has ended.
pub(super) fn finished(state: &mut State, reason: FinishReason, effects: &mut Effects) {
    state.explorer.restart_play = false;
    match reason {
        // So many fit into one request, no more.
        FinishReason::MaxTokens => return go_on(state, effects),
        FinishReason::EndOfText => state.notify("The model ended the text."),
        FinishReason::ContextFull => {
            if let Some(limit) = explorer::context_limit(state) {
                state.show_problem(explorer::context_full(limit));
            }
        }
        FinishReason::Cancelled => state.notify("Stopped."),
    }
    distribution::refresh(state, effects);
}

/// Lets the next token of a paced play be taken when it is due.
pub(super) fn schedule(state: &mut State, effects: &mut Effects) {
    if let Some(tail) = state.explorer.tail() {
        let ms = 1000 / state.knobs.pace.max(1);
        effects.push(Effect::After { ms, action: Action::PlayOn(tail) });
    }
}

/// Takes the next token of a paced play, if it is still the one that was waited for.
pub(super) fn take_due(state: &mut State, tail: NodeId, effects: &mut Effects) {
    let waited_for = state.explorer.paced_play && state.explorer.tail() == Some(tail);
    let Some(drawn) = state.current().filter(|_| waited_for).cloned() else { return };
    let sampled = drawn.sampled.clone();
    let model = state.engine.model.as_ref();
    let length = state.explorer.tree.path().len() + 1;
    let ended =
        model.is_some_and(|model| model.end_of_generation.contains(&sampled.token.id));
    let full = model.is_some_and(|model| length >= model.context_length as usize);
    if ended || full {
        state.explorer.paced_play = false;
    }
    if ended {
        state.notify("The model ended the text.");
    }
    explorer::append(state, sampled, TokenOrigin::Sampled, effects);
}

fn go_on(state: &mut State, effects: &mut Effects) {
    if state.knobs.pace > 0 {
        state.explorer.paced_play = true;
        match state.current() {
            Some(_) => schedule(state, effects),
            None => distribution::refresh(state, effects),
        }
        return;
    }
    let others = |purpose: &Purpose| {
        matches!(purpose, Purpose::Distribution(_) | Purpose::Score(_))
    };
    abandon(state, others, effects);
    let command = Command::Generate {
        ids: state.explorer.tree.ids(usize::MAX),
        settings: state.knobs.sampler(),
        max_new_tokens: limits::MAX_NEW_TOKENS,
        candidates: state.knobs.rows,
    };
    ask(state, Purpose::Play, command, effects);
}

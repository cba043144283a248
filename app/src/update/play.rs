//! Play: sampling goes on by itself, in a stream as fast as the model is, or one token
//! at a time at a pace that eyes can follow.

use std::rc::Rc;

use protocol::{Command, Distribution, FinishReason, limits};

use super::{Effects, abandon, ask, distribution, explorer};
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Choice, Node, NodeId, Origin, Purpose, State};

/// Begins to play at the end of the text.
pub(super) fn start(state: &mut State, effects: &mut Effects) {
    if state.playing()
        || !state.engine.is_ready()
        || state.explorer.tree.path().is_empty()
    {
        return;
    }
    let length = state.explorer.tree.path().len();
    if let Some(limit) = explorer::context_limit(state).filter(|limit| length >= *limit) {
        state.error = Some(explorer::context_full(limit));
        return;
    }
    state.error = None;
    state.explorer.back = None;
    state.announce("Playing.");
    go_on(state, effects);
}

/// Stops playing, if it is.
pub(super) fn stop(state: &mut State, effects: &mut Effects) {
    let paced = std::mem::take(&mut state.explorer.paced);
    state.explorer.replay = false;
    if abandon(state, |purpose| *purpose == Purpose::Play, effects) || paced {
        state.announce("Stopped.");
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
    let Some(tail) = state.explorer.tree.path().last().copied() else { return };
    let distribution = Rc::new(drawn);
    let candidate = distribution.sampled.clone();
    let choice = Choice { candidate, distribution: distribution.clone() };
    let length = state.explorer.tree.path().len();
    state.explorer.tree.branch(length, Node::chosen(choice, Origin::Sampled));
    distribution::draw(state, tail, distribution, true);
    // Knobs that were turned meanwhile count from the next token on.
    if std::mem::take(&mut state.explorer.replay) {
        abandon(state, |purpose| *purpose == Purpose::Play, effects);
        go_on(state, effects);
    }
}

/// The stream has ended.
pub(super) fn finished(state: &mut State, reason: FinishReason, effects: &mut Effects) {
    state.explorer.replay = false;
    match reason {
        // So many fit into one request, no more.
        FinishReason::MaxTokens => return go_on(state, effects),
        FinishReason::EndOfText => state.announce("The model ended the text."),
        FinishReason::ContextFull | FinishReason::Cancelled => {}
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
    let waited_for = state.explorer.paced && state.explorer.tail() == Some(tail);
    let Some(drawn) = state.explorer.current().filter(|_| waited_for).cloned() else {
        return;
    };
    let sampled = drawn.sampled.clone();
    let model = state.engine.model.as_ref();
    let length = state.explorer.tree.path().len() + 1;
    let ends = model.is_some_and(|model| {
        model.end_of_generation.contains(&sampled.token.id)
            || length >= model.context_length as usize
    });
    if ends {
        state.explorer.paced = false;
    }
    explorer::append(state, sampled, Origin::Sampled, effects);
}

fn go_on(state: &mut State, effects: &mut Effects) {
    if state.knobs.pace > 0 {
        state.explorer.paced = true;
        match state.explorer.current() {
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

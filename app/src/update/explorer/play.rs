//! Play samples one token after another: in a stream as fast as the model, or one token at a
//! time at a set pace.

use std::rc::Rc;

use protocol::{Command, Distribution, FinishReason, limits};

use super::appending::append;
use super::limits::{cannot_append, exceeds_context, show_context_full};
use super::text_requests::request_distribution;
use crate::action::Action;
use crate::effect::Effect;
use crate::state::{Node, NodeId, Purpose, State, TokenChoice, TokenOrigin};
use crate::texts;
use crate::update::requests::{Effects, cancel, send};
use crate::update::stopping::stop_play;

/// Starts to play at the end of the text.
pub(crate) fn start_play(state: &mut State, effects: &mut Effects) {
    if state.playing() || cannot_append(state) {
        return;
    }
    let length = state.explorer.tree.path().len();
    if exceeds_context(state, length + 1) {
        return;
    }
    state.explorer.look_back = None;
    state.announce(texts::explorer::PLAYING);
    continue_play(state, effects);
}

/// Goes on at the pace that the knobs have now.
pub(super) fn change_pace(state: &mut State, effects: &mut Effects) {
    if state.playing() {
        stop_play(state, effects);
        start_play(state, effects);
    }
}

/// Appends a token of the stream.
pub(crate) fn on_play_token(
    state: &mut State,
    distribution: Distribution,
    effects: &mut Effects,
) {
    let Some(model) = state.engine.model_id() else { return };
    state.count_distribution(&distribution);
    let candidate = distribution.sampled.clone();
    let choice = TokenChoice { model, candidate, distribution: Rc::new(distribution) };
    let length = state.explorer.tree.path().len();
    state.explorer.tree.branch(length, Node::chosen(choice, TokenOrigin::Sampled));
    // Knobs that were turned meanwhile apply from the next token on.
    if std::mem::take(&mut state.explorer.restart_play) {
        cancel(state, |purpose| *purpose == Purpose::Play, effects);
        continue_play(state, effects);
    }
}

/// Goes on after the end of the stream, or says why play has ended.
pub(crate) fn on_play_finished(
    state: &mut State,
    reason: FinishReason,
    effects: &mut Effects,
) {
    state.explorer.restart_play = false;
    match reason {
        // One request has a limit of tokens, play has none.
        FinishReason::MaxTokens => return continue_play(state, effects),
        FinishReason::EndOfText => state.notify(texts::explorer::TEXT_ENDED),
        FinishReason::ContextFull => {
            if let Some(limit) = state.engine.context_length() {
                show_context_full(state, limit);
            }
        }
        FinishReason::Cancelled => state.notify(texts::page::STOPPED),
    }
    request_distribution(state, effects);
}

/// Schedules the next token of paced play.
pub(super) fn schedule_next(state: &mut State, effects: &mut Effects) {
    if let Some(tail) = state.explorer.tail() {
        let ms = 1000 / state.knobs.pace.max(1);
        effects.push(Effect::After { ms, action: Action::AppendDueToken(tail) });
    }
}

/// Appends the next token of paced play, if `tail` is still the end of the text.
pub(crate) fn take_due_token(state: &mut State, tail: NodeId, effects: &mut Effects) {
    let is_due = state.explorer.paced_play && state.explorer.tail() == Some(tail);
    let Some(distribution) = state.current().filter(|_| is_due) else { return };
    let sampled = distribution.sampled.clone();
    let length = state.explorer.tree.path().len() + 1;
    let ends = state.engine.ends_generation(sampled.token.id);
    let is_full = state.engine.context_length().is_some_and(|limit| length >= limit);
    if ends || is_full {
        state.explorer.paced_play = false;
    }
    if ends {
        state.notify(texts::explorer::TEXT_ENDED);
    }
    append(state, sampled, TokenOrigin::Sampled, effects);
}

fn continue_play(state: &mut State, effects: &mut Effects) {
    if state.knobs.pace > 0 {
        state.explorer.paced_play = true;
        match state.current() {
            Some(_) => schedule_next(state, effects),
            None => request_distribution(state, effects),
        }
        return;
    }
    let others = |purpose: &Purpose| {
        matches!(purpose, Purpose::Distribution(_) | Purpose::Score(_))
    };
    cancel(state, others, effects);
    let command = Command::Generate {
        ids: state.explorer.tree.ids(usize::MAX),
        settings: state.sampler(),
        max_new_tokens: limits::MAX_NEW_TOKENS,
        candidates: state.knobs.rows,
    };
    send(state, Purpose::Play, command, effects);
}

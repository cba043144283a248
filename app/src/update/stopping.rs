//! Stopping what is under way: play, a reply, or everything that the model computes.

use protocol::FinishReason;

use super::requests::{Effects, cancel};
use crate::state::{Purpose, State};
use crate::texts;

/// Stops play, if it is under way.
pub(super) fn stop_play(state: &mut State, effects: &mut Effects) {
    let was_paced = std::mem::take(&mut state.explorer.paced_play);
    state.explorer.restart_play = false;
    if cancel(state, |purpose| *purpose == Purpose::Play, effects) || was_paced {
        state.notify(texts::page::STOPPED);
    }
}

/// Stops the reply, if one is being generated.
pub(super) fn stop_reply(state: &mut State, effects: &mut Effects) {
    if cancel(state, |purpose| *purpose == Purpose::Chat, effects) {
        end_reply(state);
        state.notify(texts::page::STOPPED);
    }
}

/// Ends an unfinished reply and keeps its tokens. Without any, the exchange is removed and
/// its question returns to the message box. Returns whether tokens were kept.
pub(super) fn end_reply(state: &mut State) -> bool {
    match state.chat.last_reply_mut() {
        Some(reply) if !reply.tokens.is_empty() => {
            reply.finish = Some(FinishReason::Cancelled);
            true
        }
        _ => {
            state.chat.take_back();
            false
        }
    }
}

/// Stops everything that the model computes, so that it is free for something else.
pub(super) fn free_model(state: &mut State, effects: &mut Effects) {
    state.explorer.paced_play = false;
    state.explorer.restart_play = false;
    stop_reply(state, effects);
    cancel_computations(state, effects);
}

/// Cancels all requests but those for models. False if there are none.
pub(super) fn cancel_computations(state: &mut State, effects: &mut Effects) -> bool {
    let computes =
        |purpose: &Purpose| !matches!(purpose, Purpose::Model | Purpose::Models);
    cancel(state, computes, effects)
}

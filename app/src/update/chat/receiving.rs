//! The reply as it comes: its prompt, token after token, and its end.

use std::rc::Rc;

use protocol::{Distribution, Failure, FinishReason, Timings, Token};

use crate::state::{ReplyToken, State};
use crate::texts::chat as texts;
use crate::update::stopping::end_reply;

/// Stores the prompt that the model reads.
pub(crate) fn on_prompt(state: &mut State, tokens: Vec<Token>) {
    if let Some(reply) = state.chat.last_reply_mut() {
        reply.prompt = Rc::new(tokens);
    }
}

/// Appends a token to the reply.
pub(crate) fn on_reply_token(state: &mut State, distribution: Distribution) {
    let Some(reply) = state.chat.last_reply_mut() else { return };
    reply.timings = distribution.timings;
    reply.tokens.push(ReplyToken::drawn(distribution));
    if state.chat.focus.is_none() {
        state.distributions_shown = state.distributions_shown.wrapping_add(1);
    }
}

/// Completes the reply.
pub(crate) fn on_finished(state: &mut State, reason: FinishReason, timings: Timings) {
    let Some(reply) = state.chat.last_reply_mut() else { return };
    reply.finish = Some(reason);
    reply.timings = timings;
    let text = texts::reply_ended(reply.tokens.len());
    state.announce(text);
}

/// Ends a reply that failed, and shows why.
pub(crate) fn on_reply_failed(state: &mut State, failure: Failure) {
    end_reply(state);
    state.error = Some(failure.into());
}

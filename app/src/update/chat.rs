//! The conversation: sending, replies as they are written, other ways to go on.

use std::rc::Rc;

use protocol::{Command, Distribution, Failure, FinishReason, Timings, Token};

use super::{Effects, abandon, ask, distribution, replies};
use crate::effect::{Effect, Focus};
use crate::state::{
    ChatToken, Choice, Node, Origin, Problem, Purpose, Reply, State, Tab,
};
use crate::words;

/// Sends what is in the box.
pub(super) fn send(state: &mut State, effects: &mut Effects) {
    let question = state.chat.input.trim().to_owned();
    if state.requests.chatting() {
        return;
    }
    if question.is_empty() {
        state.error = Some(Problem::new("The message is empty. Type something first."));
        return;
    }
    if !state.engine.is_ready() {
        state.error = Some(Problem {
            hint: Some("Send again as soon as it is ready; your text stays here.".into()),
            ..Problem::new("The model is not ready yet.")
        });
        return;
    }
    state.error = None;
    state.chat.input.clear();
    state.chat.ask(question);
    state.chat.focus = None;
    make_way(state, effects);
    let command = Command::Chat {
        messages: state.chat.messages(),
        settings: state.knobs.chat_sampler(),
        max_new_tokens: state.knobs.max_new_tokens,
        candidates: state.knobs.rows,
    };
    ask(state, Purpose::Chat, command, effects);
}

/// What the model sees of the conversation.
pub(super) fn prompt(state: &mut State, tokens: Vec<Token>) {
    if let Some(exchange) = state.chat.last_mut() {
        exchange.prompt = tokens;
    }
}

/// Takes a token of the reply.
pub(super) fn token(state: &mut State, distribution: Distribution) {
    let Some(reply) = state.chat.last_reply_mut() else { return };
    reply.timings = distribution.timings;
    reply.tokens.push(Rc::new(distribution));
    if state.chat.focus.is_none() {
        state.drawn = state.drawn.wrapping_add(1);
    }
}

/// The reply is complete.
pub(super) fn finished(state: &mut State, reason: FinishReason, timings: Timings) {
    let Some(reply) = state.chat.last_reply_mut() else { return };
    reply.finish = Some(reason);
    reply.timings = timings;
    let text = match reply.tokens.len() {
        1 => "The reply has 1 token.".into(),
        tokens => format!("The reply has {tokens} tokens."),
    };
    state.announce(text);
}

/// The reply failed: the turn leaves the conversation, its text goes back to the box.
pub(super) fn failed(state: &mut State, failure: Failure) {
    give_back(state);
    replies::show(state, failure);
}

/// Takes back what has no complete reply. A variant that failed leaves the others.
pub(super) fn give_back(state: &mut State) {
    if !state.chat.drop_variant() {
        state.chat.take_back();
    }
}

/// The reply ended with its connection: what there is of it stays. Whether there is any.
pub(super) fn interrupted(state: &mut State) -> bool {
    match state.chat.last_reply_mut() {
        Some(reply) if !reply.tokens.is_empty() => {
            reply.finish = Some(FinishReason::Cancelled);
            true
        }
        _ => {
            give_back(state);
            false
        }
    }
}

/// Stops the reply; what there is of it stays.
pub(super) fn stop(state: &mut State, effects: &mut Effects) {
    if !abandon(state, |purpose| *purpose == Purpose::Chat, effects) {
        return;
    }
    state.announce("Stopped.");
    interrupted(state);
}

/// Takes the conversation away; what is being typed stays.
pub(super) fn clear(state: &mut State, effects: &mut Effects) {
    abandon(state, |purpose| *purpose == Purpose::Chat, effects);
    state.chat.exchanges.clear();
    state.chat.focus = None;
    state.error = None;
    state.announce("The conversation was cleared.");
    effects.push(Effect::Focus(Focus::ChatInput));
}

/// Shows what a token of a reply was drawn from.
pub(super) fn look_at(state: &mut State, token: ChatToken, effects: &mut Effects) {
    let before = state.chat.focus.replace(token);
    match state.chat.in_view() {
        Some((_, distribution)) => {
            let text =
                format!("Looking at {}.", words::spoken(&distribution.sampled.token));
            state.announce(text);
            state.drawn = state.drawn.wrapping_add(1);
            // On a narrow screen it is far from the reply.
            effects.push(Effect::Reveal);
        }
        None => state.chat.focus = before,
    }
}

/// Goes on from the token in view with another one in its place: a new variant of the
/// newest reply.
pub(super) fn replace(state: &mut State, row: usize, effects: &mut Effects) {
    let Some((at, distribution)) = state.chat.in_view() else { return };
    let Some(candidate) = distribution.candidates.get(row).cloned() else { return };
    if !state.chat.can_vary(at) || state.requests.chatting() || !state.engine.is_ready() {
        return;
    }
    let chosen = Distribution { sampled: candidate, ..(**distribution).clone() };
    let chosen_id = chosen.sampled.token.id;
    state.announce(format!(
        "The reply goes on with {}.",
        words::spoken(&chosen.sampled.token)
    ));
    let Some(exchange) = state.chat.last_mut() else { return };
    let kept = exchange.reply().tokens[..at.token].iter().cloned();
    let tokens: Vec<_> = kept.chain([Rc::new(chosen)]).collect();
    let written = tokens.len() as u32;
    exchange.add_variant(Reply { tokens, ..Reply::default() });
    let ids = exchange.ids(usize::MAX);
    state.chat.focus = None;
    state.error = None;

    let model = state.engine.model.as_ref();
    let ended = model.is_some_and(|model| model.end_of_generation.contains(&chosen_id));
    let left = state.knobs.max_new_tokens.saturating_sub(written);
    if ended || left == 0 {
        let reason =
            if ended { FinishReason::EndOfText } else { FinishReason::MaxTokens };
        finished(state, reason, Timings::default());
        return;
    }
    make_way(state, effects);
    let command = Command::Generate {
        ids,
        settings: state.knobs.chat_sampler(),
        max_new_tokens: left,
        candidates: state.knobs.rows,
    };
    ask(state, Purpose::Chat, command, effects);
}

/// Shows another variant of the newest reply.
pub(super) fn variant(state: &mut State, by: i32) {
    if state.requests.chatting() {
        return;
    }
    if let Some(exchange) = state.chat.last_mut() {
        exchange.turn_to(by);
        let (shown, count) = exchange.variant_of();
        state.chat.focus = None;
        state.announce(format!("Reply {shown} of {count}."));
    }
}

/// Hands the ids that the model saw and wrote to the explorer.
pub(super) fn open_in_explorer(
    state: &mut State,
    exchange: usize,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(exchange) else { return };
    if exchange.prompt.is_empty() || state.requests.chatting() {
        return;
    }
    let seen = exchange.prompt.iter().cloned();
    let seen = seen.map(|token| Node::given(token, Origin::Prompt));
    let written = exchange.reply().tokens.iter().map(|distribution| {
        let candidate = distribution.sampled.clone();
        let choice = Choice { candidate, distribution: distribution.clone() };
        Node::chosen(choice, Origin::Sampled)
    });
    let nodes: Vec<_> = seen.chain(written).collect();
    make_way(state, effects);
    state.explorer.tree.restart(nodes);
    state.explorer.back = None;
    state.tab = Tab::Explorer;
    state.announce("The conversation is open in the explorer.");
    distribution::refresh(state, effects);
}

/// Stops what the explorer has under way: there is one model.
fn make_way(state: &mut State, effects: &mut Effects) {
    state.explorer.paced = false;
    abandon(state, |purpose| *purpose != Purpose::Model, effects);
}

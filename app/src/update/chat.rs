//! The conversation: sending, replies as they are written, other ways to go on.

use protocol::{Command, Distribution, Failure, FinishReason, Timings, Token, limits};

use super::{Effects, abandon, ask, distribution, inspect, make_way, replies};
use crate::effect::{Effect, Focus};
use crate::labels;
use crate::state::{
    ChatReply, ChatToken, Node, Problem, Purpose, ReplyToken, State, Tab, TokenChoice,
    TokenOrigin, Writer,
};

/// Sends what is in the box.
pub(super) fn send(state: &mut State, effects: &mut Effects) {
    let question = state.chat.input.trim().to_owned();
    if state.requests.chatting() {
        return;
    }
    if question.is_empty() {
        state.show_problem(Problem::new("The message is empty. Type something first."));
        return;
    }
    if !state.engine.is_ready() {
        state.show_problem(Problem {
            hint: Some("Send again as soon as it is ready; your text stays here.".into()),
            ..Problem::new("The model is not ready yet.")
        });
        return;
    }
    if state.chat.exchanges.len() >= limits::MAX_MESSAGES / 2 {
        state.show_problem(Problem {
            hint: Some("Clear the chat to begin another conversation.".into()),
            ..Problem::new("This conversation is as long as one can be.")
        });
        return;
    }
    state.chat.input.clear();
    let reply = new_reply(state, Vec::new());
    state.chat.ask(question, reply);
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

/// A reply that the model at hand is to write, after some tokens that are there.
fn new_reply(state: &State, tokens: Vec<ReplyToken>) -> ChatReply {
    let name = state.engine.model.as_ref().map(|model| model.name.clone());
    let (model, name) = (state.engine.model_id(), name.unwrap_or_default());
    ChatReply {
        tokens,
        writer: Writer { model, name, ..Writer::default() },
        settings: state.knobs.chat_sampler(),
        ..ChatReply::default()
    }
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
    reply.tokens.push(ReplyToken::drawn(distribution));
    if state.chat.focus.is_none() {
        state.distributions_shown = state.distributions_shown.wrapping_add(1);
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

/// The reply failed.
pub(super) fn failed(state: &mut State, failure: Failure) {
    interrupted(state);
    replies::show(state, failure);
}

/// The reply ends before its time: what there is of it stays. Where nothing has come, the
/// turn leaves the conversation and its text goes back to the box. Whether anything stays.
pub(super) fn interrupted(state: &mut State) -> bool {
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

/// Stops the reply.
pub(super) fn stop(state: &mut State, effects: &mut Effects) {
    if abandon(state, |purpose| *purpose == Purpose::Chat, effects) {
        interrupted(state);
        state.notify("Stopped.");
    }
}

/// Takes the conversation away; what is being typed stays.
pub(super) fn clear(state: &mut State, effects: &mut Effects) {
    let of_chat = |purpose: &Purpose| {
        matches!(purpose, Purpose::Chat | Purpose::VerifyReply(_) | Purpose::Inspect(..))
    };
    if state.requests.chatting() {
        interrupted(state);
    }
    abandon(state, of_chat, effects);
    state.chat.clear();
    state.announce("The conversation was cleared. Undo brings it back.");
    effects.push(Effect::Focus(Focus::ChatInput));
}

/// Brings back what was cleared.
pub(super) fn bring_back(state: &mut State, effects: &mut Effects) {
    if state.chat.bring_back() {
        state.announce("The conversation is back.");
        effects.push(Effect::Focus(Focus::ChatInput));
    }
}

/// Hands the text of a reply to the clipboard.
pub(super) fn copy_reply(state: &mut State, exchange: usize, effects: &mut Effects) {
    if let Some(exchange) = state.chat.exchanges.get(exchange) {
        effects.push(Effect::Copy(exchange.reply().answer()));
    }
}

/// Shows what a token of a reply was drawn from.
pub(super) fn look_at(state: &mut State, token: ChatToken, effects: &mut Effects) {
    let before = state.chat.focus.replace(token);
    let Some((_, looked_at)) = state.chat.in_view() else {
        state.chat.focus = before;
        return;
    };
    let text = format!("Looking at {}.", labels::spoken(&looked_at.token));
    let known = looked_at.distribution.is_some();
    state.announce(text);
    match known {
        true => state.distributions_shown = state.distributions_shown.wrapping_add(1),
        false => inspect::ask_about(state, token, effects),
    }
    // On a narrow screen it is far from the reply.
    effects.push(Effect::Reveal);
}

/// Looks at the token of a reply that is `by` further on.
pub(super) fn move_along(
    state: &mut State,
    from: ChatToken,
    by: i32,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(from.exchange) else { return };
    let tokens = exchange.reply().tokens.len();
    let to = from.token.saturating_add_signed(by as isize).min(tokens.saturating_sub(1));
    let to = ChatToken { token: to, ..from };
    look_at(state, to, effects);
    effects.retain(|effect| *effect != Effect::Reveal);
    effects.push(Effect::Focus(Focus::ReplyToken(to)));
}

/// Goes on from the token in view with another one in its place: a new variant of the
/// newest reply.
pub(super) fn replace(state: &mut State, row: usize, effects: &mut Effects) {
    let Some((at, token)) = state.chat.in_view() else { return };
    let Some(distribution) = token.distribution.clone() else { return };
    let Some(candidate) = distribution.candidates.get(row).cloned() else { return };
    if !state.chat.can_vary(at, state.engine.model_id())
        || state.requests.chatting()
        || !state.engine.is_ready()
    {
        return;
    }
    let chosen = Distribution { sampled: candidate, ..(*distribution).clone() };
    let chosen_id = chosen.sampled.token.id;
    state.announce(format!(
        "The reply goes on with {}.",
        labels::spoken(&chosen.sampled.token)
    ));
    let Some(exchange) = state.chat.exchanges.last() else { return };
    let kept = exchange.reply().tokens[..at.token].iter().cloned();
    let tokens: Vec<_> = kept.chain([ReplyToken::drawn(chosen)]).collect();
    let written = tokens.len() as u32;
    let reply = new_reply(state, tokens);
    let Some(exchange) = state.chat.last_mut() else { return };
    exchange.add_variant(reply);
    let ids = exchange.ids(usize::MAX);
    state.chat.focus = None;

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
        let (variants, shown) = exchange.variants();
        let text = format!("ChatReply {} of {}.", shown + 1, variants.len());
        state.chat.focus = None;
        state.announce(text);
    }
}

/// Hands the ids that the model saw and wrote to the explorer.
pub(super) fn open_in_explorer(
    state: &mut State,
    exchange: usize,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(exchange) else { return };
    if !exchange.has_tokens() || state.requests.chatting() {
        return;
    }
    let writer = exchange.reply().writer.model;
    let seen = exchange.prompt.iter().cloned();
    let seen = seen.map(|token| Node::given(token, TokenOrigin::Prompt, writer));
    let written = exchange.reply().tokens.iter().map(|written| {
        match (writer, &written.distribution) {
            (Some(model), Some(distribution)) => {
                let (candidate, distribution) =
                    (distribution.sampled.clone(), distribution.clone());
                Node::chosen(
                    TokenChoice { model, candidate, distribution },
                    TokenOrigin::Sampled,
                )
            }
            _ => Node::given(written.token.clone(), TokenOrigin::Sampled, writer),
        }
    });
    let nodes: Vec<_> = seen.chain(written).collect();
    make_way(state, effects);
    state.explorer.tree.restart(nodes);
    state.explorer.look_back = None;
    state.tab = Tab::Explorer;
    state.inspected = None;
    state.announce("The conversation is open in the explorer.");
    distribution::refresh(state, effects);
}

//! The conversation: sending a message, taking the reply token by token, variants of it, and
//! clearing.

use protocol::{Command, Distribution, Failure, FinishReason, Timings, Token, limits};

use crate::effect::{Effect, Focus};
use crate::labels;
use crate::state::{
    ChatReply, Node, Problem, Purpose, ReplyToken, State, Tab, TokenChoice, TokenOrigin,
    Writer,
};
use crate::texts::chat as texts;
use crate::update::explorer::request_distribution;
use crate::update::requests::{Effects, cancel, send};
use crate::update::stopping::{end_reply, free_model};

/// Sends the text in the message box.
pub(crate) fn send_message(state: &mut State, effects: &mut Effects) {
    if state.requests.chatting() {
        return;
    }
    let question = state.chat.input.trim().to_owned();
    if let Some(problem) = why_not_sent(state, &question) {
        state.show_problem(problem);
        return;
    }
    state.chat.input.clear();
    let reply = new_reply(state, Vec::new());
    state.chat.add_question(question, reply);
    state.chat.focus = None;
    free_model(state, effects);
    let command = Command::Chat {
        messages: state.chat.messages(),
        continue_final_message: false,
        settings: state.chat_sampler(),
        max_new_tokens: state.knobs.max_new_tokens,
        candidates: state.knobs.rows,
    };
    send(state, Purpose::Chat, command, effects);
}

fn why_not_sent(state: &State, question: &str) -> Option<Problem> {
    if question.is_empty() {
        return Some(Problem::new(texts::EMPTY_MESSAGE));
    }
    if !state.engine.is_ready() {
        return Some(Problem::with_hint(texts::NOT_READY, texts::SEND_LATER));
    }
    let is_full = state.chat.exchanges.len() >= limits::MAX_MESSAGES / 2;
    is_full.then(|| Problem::with_hint(texts::TOO_MANY_MESSAGES, texts::CLEAR_FIRST))
}

/// A reply for the current model to continue after `tokens`.
fn new_reply(state: &State, tokens: Vec<ReplyToken>) -> ChatReply {
    let name = state.engine.model.as_ref().map(|model| model.name.clone());
    let (model, name) = (state.engine.model_id(), name.unwrap_or_default());
    ChatReply {
        tokens,
        writer: Writer { model, name, ..Writer::default() },
        settings: state.chat_sampler(),
        ..ChatReply::default()
    }
}

/// Stores the prompt that the model reads.
pub(crate) fn on_prompt(state: &mut State, tokens: Vec<Token>) {
    if let Some(exchange) = state.chat.last_mut() {
        exchange.prompt = tokens;
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

/// Continues the newest reply with another candidate in place of the token in view, as a new
/// variant.
pub(crate) fn replace_token(state: &mut State, row: usize, effects: &mut Effects) {
    let Some((at, token)) = state.chat.in_view() else { return };
    let Some(distribution) = token.distribution.clone() else { return };
    let Some(candidate) = distribution.candidates.get(row).cloned() else { return };
    if !state.chat.can_vary(at, state.engine.model_id())
        || state.requests.chatting()
        || !state.engine.is_ready()
    {
        return;
    }
    state.announce(texts::goes_on_with(&labels::spoken(&candidate.token)));
    let chosen_id = candidate.token.id;
    let chosen = Distribution { sampled: candidate, ..(*distribution).clone() };
    let Some(exchange) = state.chat.exchanges.last() else { return };
    let kept = exchange.reply().tokens[..at.token].iter().cloned();
    let tokens: Vec<_> = kept.chain([ReplyToken::drawn(chosen)]).collect();
    let written = tokens.len() as u32;
    let reply = new_reply(state, tokens);
    let Some(exchange) = state.chat.last_mut() else { return };
    exchange.add_variant(reply);
    let (ids, prompt) = (exchange.ids(usize::MAX), exchange.prompt.len());
    state.chat.focus = None;

    let left = state.knobs.max_new_tokens.saturating_sub(written);
    if state.engine.ends_generation(chosen_id) {
        return on_finished(state, FinishReason::EndOfText, Timings::default());
    }
    if left == 0 {
        return on_finished(state, FinishReason::MaxTokens, Timings::default());
    }
    free_model(state, effects);
    let command = Command::Generate {
        ids,
        // What was written of the reply is no part of its prompt.
        settings: state.chat_sampler().after_prompt(prompt),
        max_new_tokens: left,
        candidates: state.knobs.rows,
    };
    send(state, Purpose::Chat, command, effects);
}

/// Shows another variant of the newest reply.
pub(crate) fn step_variant(state: &mut State, by: i32) {
    if state.requests.chatting() {
        return;
    }
    if let Some(exchange) = state.chat.last_mut() {
        exchange.step_variant(by);
        let (variants, shown) = exchange.variants();
        let text = texts::variant_shown(shown, variants.len());
        state.chat.focus = None;
        state.announce(text);
    }
}

/// Clears the conversation. The text in the message box stays.
pub(crate) fn clear(state: &mut State, effects: &mut Effects) {
    let of_chat = |purpose: &Purpose| {
        matches!(purpose, Purpose::Chat | Purpose::VerifyReply(_) | Purpose::Inspect(..))
    };
    if state.requests.chatting() {
        end_reply(state);
    }
    cancel(state, of_chat, effects);
    state.chat.clear();
    state.announce(texts::CLEARED);
    effects.push(Effect::Focus(Focus::ChatInput));
}

/// Brings back the conversation that was cleared.
pub(crate) fn bring_back(state: &mut State, effects: &mut Effects) {
    if state.chat.bring_back() {
        state.announce(texts::BROUGHT_BACK);
        effects.push(Effect::Focus(Focus::ChatInput));
    }
}

/// Copies the text of a reply to the clipboard.
pub(crate) fn copy_reply(state: &State, exchange: usize, effects: &mut Effects) {
    if let Some(exchange) = state.chat.exchanges.get(exchange) {
        effects.push(Effect::Copy(exchange.reply().answer()));
    }
}

/// Opens the tokens of an exchange, prompt and reply, as the explorer's text.
pub(crate) fn open_in_explorer(
    state: &mut State,
    exchange: usize,
    effects: &mut Effects,
) {
    let Some(exchange) = state.chat.exchanges.get(exchange) else { return };
    if !exchange.has_tokens() || state.requests.chatting() {
        return;
    }
    let writer = exchange.reply().writer.model;
    let prompt = exchange.prompt.iter().cloned();
    let prompt = prompt.map(|token| Node::given(token, TokenOrigin::Prompt, writer));
    let written = exchange.reply().tokens.iter().map(|written| {
        match (writer, &written.distribution) {
            (Some(model), Some(distribution)) => {
                let (candidate, distribution) =
                    (distribution.sampled.clone(), distribution.clone());
                let choice = TokenChoice { model, candidate, distribution };
                Node::chosen(choice, TokenOrigin::Sampled)
            }
            _ => Node::given(written.token.clone(), TokenOrigin::Sampled, writer),
        }
    });
    let nodes: Vec<_> = prompt.chain(written).collect();
    free_model(state, effects);
    state.explorer.tree.restart(nodes);
    state.explorer.look_back = None;
    state.tab = Tab::Explorer;
    state.inspected = None;
    state.announce(texts::OPEN_IN_EXPLORER);
    request_distribution(state, effects);
}

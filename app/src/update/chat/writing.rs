//! Having the model write: a reply, another one in its place, one with another token, or the
//! rest of one that was stopped.

use protocol::{Command, Distribution, FinishReason, SamplerSettings, Timings, limits};

use super::receiving::on_finished;
use crate::state::{ChatReply, Problem, Purpose, ReplyToken, State, Writer};
use crate::texts::chat as texts;
use crate::texts::tokens;
use crate::update::requests::{Effects, send};
use crate::update::stopping::free_model;

/// Why no reply can be written now; none if one can.
pub(super) fn why_not_written(state: &State) -> Option<Problem> {
    if !state.engine.is_ready() {
        return Some(Problem::with_hint(texts::NOT_READY, texts::SEND_LATER));
    }
    // A system message and the beginning of a reply come on top.
    let is_full = state.chat.exchanges.len() > limits::MAX_MESSAGES / 2 - 2;
    is_full.then(|| Problem::with_hint(texts::TOO_MANY_MESSAGES, texts::CLEAR_FIRST))
}

/// An empty reply for the current model to write, with a sampler.
pub(super) fn new_reply(
    state: &State,
    begun: String,
    settings: SamplerSettings,
) -> ChatReply {
    let name = state.engine.model.as_ref().map(|model| model.name.clone());
    let (model, name) = (state.engine.model_id(), name.unwrap_or_default());
    ChatReply {
        begun,
        writer: Writer { model, name, ..Writer::default() },
        settings,
        ..ChatReply::default()
    }
}

/// Has the model write the reply of the last exchange, which is empty.
pub(super) fn write_reply(state: &mut State, effects: &mut Effects) {
    free_model(state, effects);
    let Some(last) = state.chat.exchanges.len().checked_sub(1) else { return };
    let reply = state.chat.exchanges[last].reply();
    let takes_system = state.engine.model.as_ref().is_some_and(|m| m.system_message);
    let command = Command::Chat {
        messages: state.chat.messages(last, takes_system),
        continue_final_message: !reply.begun.is_empty(),
        template_variables: state.template_variables(),
        settings: reply.settings.clone(),
        max_new_tokens: state.knobs.max_new_tokens,
        candidates: state.knobs.rows,
    };
    send(state, Purpose::Chat, command, effects);
}

/// Has a reply written once more, as a new variant. What followed it stays with the old one.
pub(super) fn regenerate(state: &mut State, index: usize, effects: &mut Effects) {
    if state.requests.chatting() {
        return;
    }
    if let Some(problem) = why_not_written(state) {
        return state.show_problem(problem);
    }
    let Some(exchange) = state.chat.exchanges.get(index) else { return };
    let variants = exchange.variants().0 as u32;
    let begun = match exchange.reply().is_edited() {
        true => String::new(),
        false => exchange.reply().begun.clone(),
    };
    // Another seed makes other draws at the same positions.
    let settings = state.chat_sampler();
    let settings =
        SamplerSettings { seed: settings.seed.wrapping_add(variants), ..settings };
    if settings.temperature == 0.0 {
        state.notify(texts::SAME_AT_ZERO);
    }
    let reply = new_reply(state, begun, settings);
    state.chat.add_variant(index, reply);
    write_reply(state, effects);
}

/// Continues a reply with another candidate in place of the token in view, as a new variant.
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
    state.announce(texts::goes_on_with(&tokens::spoken(&candidate.token)));
    let chosen_id = candidate.token.id;
    let chosen = Distribution { sampled: candidate, ..(*distribution).clone() };
    let Some(exchange) = state.chat.exchanges.get(at.exchange) else { return };
    let (prompt, begun) =
        (exchange.reply().prompt.clone(), exchange.reply().begun.clone());
    let kept = exchange.reply().tokens[..at.token].iter().cloned();
    let tokens: Vec<_> = kept.chain([ReplyToken::drawn(chosen)]).collect();
    let reply = new_reply(state, begun, state.chat_sampler());
    state.chat.add_variant(at.exchange, ChatReply { prompt, tokens, ..reply });
    if state.engine.ends_generation(chosen_id) {
        return on_finished(state, FinishReason::EndOfText, Timings::default());
    }
    let written = at.token as u32 + 1;
    go_on(state, state.knobs.max_new_tokens.saturating_sub(written), effects);
}

/// Has the newest reply, which was stopped or cut, go on from its end.
pub(super) fn continue_reply(state: &mut State, effects: &mut Effects) {
    if state.requests.chatting()
        || !state.engine.is_ready()
        || !state.chat.can_continue(state.engine.model_id())
    {
        return;
    }
    state.chat.focus = None;
    if let Some(reply) = state.chat.last_reply_mut() {
        reply.finish = None;
    }
    go_on(state, state.knobs.max_new_tokens, effects);
}

/// Generates up to `left` tokens after those of the newest reply.
fn go_on(state: &mut State, left: u32, effects: &mut Effects) {
    if left == 0 {
        return on_finished(state, FinishReason::MaxTokens, Timings::default());
    }
    free_model(state, effects);
    let Some(exchange) = state.chat.exchanges.last() else { return };
    let reply = exchange.reply();
    let command = Command::Generate {
        ids: reply.ids(usize::MAX),
        // What was written of the reply is no part of its prompt.
        settings: reply.settings.clone().after_prompt(reply.prompt.len()),
        max_new_tokens: left,
        candidates: state.knobs.rows,
    };
    send(state, Purpose::Chat, command, effects);
}

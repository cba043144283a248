//! The conversation: sending a message, editing one, and showing what there was.

use super::writing::{new_reply, why_not_written, write_reply};
use crate::effect::{Effect, Focus};
use crate::state::{ChatReply, Editing, Part, Problem, Purpose, State};
use crate::texts::chat as texts;
use crate::update::requests::{Effects, cancel};
use crate::update::stopping::end_reply;

/// Sends the text in the message box.
pub(super) fn send_message(state: &mut State, effects: &mut Effects) {
    if state.requests.chatting() {
        return;
    }
    let question = state.chat.input.trim_matches(['\n', '\r']).to_owned();
    let empty = question.trim().is_empty();
    let problem = empty.then(|| Problem::new(texts::EMPTY_MESSAGE));
    if let Some(problem) = problem.or_else(|| why_not_written(state)) {
        return state.show_problem(problem);
    }
    state.chat.input.clear();
    let begun = std::mem::take(&mut state.chat.begun);
    let reply = new_reply(state, begun, state.chat_sampler());
    state.chat.add_question(question, reply);
    state.chat.focus = None;
    write_reply(state, effects);
}

/// Opens a message for editing.
pub(super) fn edit(state: &mut State, index: usize, part: Part, effects: &mut Effects) {
    let Some(exchange) = state.chat.exchanges.get(index) else { return };
    if state.requests.chatting() {
        return;
    }
    let text = match part {
        Part::Question => exchange.question.clone(),
        Part::Reply => exchange.reply().answer(),
    };
    state.chat.editing = Some(Editing { exchange: exchange.key, part, text });
    effects.push(Effect::Focus(Focus::ChatEdit));
}

/// Leaves a message as it was.
pub(crate) fn cancel_edit(state: &mut State, effects: &mut Effects) {
    let edited = state.chat.edited().map(|(index, editing)| (index, editing.part));
    state.chat.editing = None;
    if let Some((index, part)) = edited {
        effects.push(Effect::Focus(Focus::ChatMessage(index, part)));
    }
}

/// Takes the edited message, and the conversation goes on from it: the model replies to an
/// edited question, and an edited reply is kept as it is.
pub(super) fn take_edit(state: &mut State, effects: &mut Effects) {
    let Some((index, Editing { part, text, .. })) = edit_to_take(state) else { return };
    match part {
        Part::Question => {
            if let Some(problem) = why_not_written(state) {
                return state.show_problem(problem);
            }
            state.chat.editing = None;
            let reply = new_reply(state, String::new(), state.chat_sampler());
            state.chat.add_version(index, text, reply);
            write_reply(state, effects);
        }
        Part::Reply => {
            state.chat.editing = None;
            let edited = ChatReply { begun: text, ..ChatReply::default() };
            state.chat.add_variant(index, edited);
            state.notify(texts::REPLY_EDITED);
        }
    }
    effects.push(Effect::Focus(Focus::ChatMessage(index, part)));
}

/// Takes the edited reply as the beginning of one that the model continues.
pub(super) fn continue_edit(state: &mut State, effects: &mut Effects) {
    let Some((index, Editing { part: Part::Reply, text, .. })) = edit_to_take(state)
    else {
        return;
    };
    if let Some(problem) = why_not_written(state) {
        return state.show_problem(problem);
    }
    state.chat.editing = None;
    let reply = new_reply(state, text, state.chat_sampler());
    state.chat.add_variant(index, reply);
    write_reply(state, effects);
    effects.push(Effect::Focus(Focus::ChatMessage(index, Part::Reply)));
}

/// The message that is edited, with the index of its exchange. None, and the page says why, if
/// it has no text.
fn edit_to_take(state: &mut State) -> Option<(usize, Editing)> {
    let (index, editing) = state.chat.edited()?;
    let editing = editing.clone();
    if state.requests.chatting() {
        return None;
    }
    if editing.text.trim().is_empty() {
        state.show_problem(Problem::new(texts::EMPTY_MESSAGE));
        return None;
    }
    Some((index, editing))
}

/// Shows another variant of a reply, with what followed it.
pub(super) fn step_variant(state: &mut State, index: usize, by: i32) {
    if state.requests.chatting() {
        return;
    }
    state.chat.step_variant(index, by);
    if let Some(exchange) = state.chat.exchanges.get(index) {
        let (variants, shown) = exchange.variants();
        state.announce(texts::variant_shown(shown, variants));
    }
}

/// Shows another version of a question, with what followed it.
pub(super) fn step_version(state: &mut State, index: usize, by: i32) {
    if state.requests.chatting() {
        return;
    }
    state.chat.step_version(index, by);
    if let Some(exchange) = state.chat.exchanges.get(index) {
        let (versions, shown) = exchange.versions();
        state.announce(texts::version_shown(shown, versions));
    }
}

/// Clears the conversation. The text in the message box stays.
pub(super) fn clear(state: &mut State, effects: &mut Effects) {
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
pub(super) fn bring_back(state: &mut State, effects: &mut Effects) {
    if state.chat.bring_back() {
        state.announce(texts::BROUGHT_BACK);
        effects.push(Effect::Focus(Focus::ChatInput));
    }
}

/// Copies the text of a message to the clipboard.
pub(super) fn copy(state: &State, index: usize, part: Part, effects: &mut Effects) {
    if let Some(exchange) = state.chat.exchanges.get(index) {
        effects.push(Effect::Copy(match part {
            Part::Question => exchange.question.clone(),
            Part::Reply => exchange.reply().answer(),
        }));
    }
}

//! The chat. `writing` has the model write replies; `receiving` takes them; `conversation`
//! sends messages, edits them and steps through what there was; `inspection` shows what the
//! tokens of replies were drawn from; `handover` opens a conversation in the explorer.

mod conversation;
mod handover;
mod inspection;
mod receiving;
mod writing;

pub(super) use conversation::cancel_edit;
pub(super) use inspection::{
    on_inspected, on_reply_verification_failed, on_reply_verified, request_rows,
};
pub(super) use receiving::{on_finished, on_prompt, on_reply_failed, on_reply_token};
pub(super) use writing::replace_token;

use super::requests::Effects;
use super::stopping::stop_reply;
use crate::chat_action::ChatAction;
use crate::state::State;

/// Changes the state by an action of the chat.
pub(super) fn update(state: &mut State, action: ChatAction, effects: &mut Effects) {
    match action {
        ChatAction::EditInput(text) => state.chat.input = text,
        ChatAction::EditSystem(text) => state.chat.system = text,
        ChatAction::EditBeginning(text) => state.chat.begun = text,
        ChatAction::Send => conversation::send_message(state, effects),
        ChatAction::Stop => stop_reply(state, effects),
        ChatAction::Clear => conversation::clear(state, effects),
        ChatAction::BringBack => conversation::bring_back(state, effects),
        ChatAction::ShowTokens(shows) => inspection::show_tokens(state, shows, effects),
        ChatAction::Think(thinks) => state.set_thinking(thinks),

        ChatAction::Copy(index, part) => conversation::copy(state, index, part, effects),
        ChatAction::Edit(index, part) => conversation::edit(state, index, part, effects),
        ChatAction::EditText(text) => {
            if let Some(editing) = &mut state.chat.editing {
                editing.text = text;
            }
        }
        ChatAction::TakeEdit => conversation::take_edit(state, effects),
        ChatAction::ContinueEdit => conversation::continue_edit(state, effects),
        ChatAction::CancelEdit => conversation::cancel_edit(state, effects),

        ChatAction::Regenerate(index) => writing::regenerate(state, index, effects),
        ChatAction::Continue => writing::continue_reply(state, effects),
        ChatAction::StepVariant(index, by) => {
            conversation::step_variant(state, index, by);
        }
        ChatAction::StepVersion(index, by) => {
            conversation::step_version(state, index, by);
        }

        ChatAction::LookAt(token) => inspection::look_at(state, token, effects),
        ChatAction::MoveToken(from, by) => {
            inspection::move_along(state, from, by, effects);
        }
        ChatAction::OpenInExplorer(index) => {
            handover::open_in_explorer(state, index, effects);
        }
    }
}

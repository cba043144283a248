//! The chat. `conversation` sends messages and takes the reply; `inspection` shows what the
//! tokens of replies were drawn from.

mod conversation;
mod inspection;

pub(super) use conversation::{
    bring_back, clear, copy_reply, on_finished, on_prompt, on_reply_failed,
    on_reply_token, open_in_explorer, replace_token, send_message, step_variant,
};
pub(super) use inspection::{
    look_at, move_along, on_inspected, on_reply_verification_failed, on_reply_verified,
};

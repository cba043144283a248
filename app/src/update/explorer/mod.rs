//! The Token Explorer. `limits` and `text_requests` lie below the other files: `appending`,
//! `play`, `navigation` and `prompt` change the text and request its distribution;
//! `distribution` and `verification` take the answers.

mod appending;
mod distribution;
mod limits;
mod navigation;
mod play;
mod prompt;
mod text_requests;
mod verification;

pub(super) use appending::{append_greedy, append_row, append_sampled, append_tokens};
pub(super) use distribution::{on_distribution, on_knob_turned};
pub(super) use navigation::{
    clear_text, go_to, look_back, move_along, redo, return_to_end, show_tokens, undo,
};
pub(super) use play::{on_play_finished, on_play_token, start_play, take_due_token};
pub(super) use prompt::{
    edit_prompt, on_prompt_tokenized, on_tokenized, request_prompt, start,
    toggle_special_tokens,
};
pub(super) use text_requests::{
    is_text_changing as is_changing, request_distribution, request_if_outdated,
};
pub(super) use verification::{on_verification_failed, on_verified, resume};

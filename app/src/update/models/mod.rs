//! Choosing a model. `picker` is the dialog with its fields; `choosing` loads what was
//! chosen; `files` finds the files of the last visit again.

mod choosing;
mod files;
mod picker;

pub(super) use choosing::{
    answer_hub_question, cancel_download, choose, choose_files, choose_on_server,
    choose_typed, delete_model, on_model_missing, open_named, remember_model,
};
pub(super) use files::{begin_with_files, find_files, on_files_found};
pub(super) use picker::{
    close_picker, edit_hub, edit_model, edit_token, keep_token, list_files, open_picker,
};

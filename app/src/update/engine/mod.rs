//! The engine and its model: `choosing` chooses what to open, and `loading` takes how the
//! start ends.

mod choosing;
mod loading;

pub(super) use choosing::{connect_to_server, restart, use_backend, use_demo};
pub(super) use loading::{
    keep_site, on_answer_due, on_loading_failed, on_loading_stopped, on_model_ready,
    stop_loading,
};

//! The engine and its model: `backends` chooses where the model runs, and `loading` takes how the
//! start ends.

mod backends;
mod loading;

pub(super) use backends::{
    connect_to_server, restart, try_gpu_again, use_backend, use_demo, use_gpu,
};
pub(super) use loading::{
    keep_site, on_answer_due, on_loading_failed, on_loading_stopped, on_model_ready,
    on_prompt_device, stop_loading,
};

//! Choosing where the model runs, in this browser or on a native server, and trying again.

use protocol::ModelSource;

use crate::backend::server_address;
use crate::effect::{Effect, Focus};
use crate::state::{BackendKind, GpuUse, LastModel, Problem, Readiness, Remedy, State};
use crate::update::connection::open;
use crate::update::models::find_files;
use crate::update::requests::Effects;

/// Runs the model on a backend.
pub(crate) fn use_backend(
    state: &mut State,
    backend: BackendKind,
    effects: &mut Effects,
) {
    let engine = &state.engine;
    match backend {
        BackendKind::Native => {
            let has_address = engine.native_here == Some(true)
                || !engine.native_address.trim().is_empty();
            match has_address {
                true => connect_to_server(state, effects),
                // The current model goes on while the person types an address.
                false => {
                    state.engine.shows_address = true;
                    effects.push(Effect::Focus(Focus::Address));
                }
            }
        }
        BackendKind::Worker => {
            let is_running = engine.backend == BackendKind::Worker
                && engine.readiness != Readiness::Failed;
            state.engine.shows_address = false;
            if !is_running {
                state.engine.backend = BackendKind::Worker;
                open(state, effects);
            }
        }
    }
}

/// Connects to the native server at the address. If that is no address, the current model
/// goes on.
pub(crate) fn connect_to_server(state: &mut State, effects: &mut Effects) {
    state.engine.shows_address = true;
    let engine = &state.engine;
    if let Err(message) = server_address(&engine.native_address, &engine.page) {
        state.error = Some(Problem::new(message));
        effects.push(Effect::Focus(Focus::Address));
        return;
    }
    state.engine.backend = BackendKind::Native;
    open(state, effects);
}

/// Has the engine in this browser use the GPU, or not.
pub(crate) fn use_gpu(state: &mut State, gpu: GpuUse, effects: &mut Effects) {
    if state.engine.gpu.is_some_and(|now| now != gpu) {
        state.engine.gpu = Some(gpu);
        effects.push(Effect::UseGpu(gpu));
        if state.engine.backend == BackendKind::Worker {
            open(state, effects);
        }
    }
}

/// Starts the engine in this browser again, with a GPU that computed other numbers before.
pub(crate) fn try_gpu_again(state: &mut State, effects: &mut Effects) {
    state.engine.gpu_again = true;
    open(state, effects);
}

/// Loads the demo model in place of the chosen one.
pub(crate) fn use_demo(state: &mut State, effects: &mut Effects) {
    state.engine.backend = BackendKind::Worker;
    state.engine.source = ModelSource::Demo;
    state.models.missing_files.clear();
    state.models.remembered.last = LastModel {
        precision: state.models.remembered.last.precision,
        ..LastModel::default()
    };
    open(state, effects);
}

/// Tries again what the shown problem is about. Without a problem, opens the current target
/// again.
pub(crate) fn restart(state: &mut State, effects: &mut Effects) {
    let remedy = state.error.as_ref().map(|problem| problem.remedy);
    if let Some(remedy @ (Remedy::AllowFiles | Remedy::ChooseFiles)) = remedy {
        return find_files(state, remedy, effects);
    }
    if state.error.is_some()
        && let Some(failed) = state.engine.failed.take()
    {
        state.engine.set_target(failed);
    }
    open(state, effects);
}

//! The connection to the engine: begun, lost, begun again; the model on the other side.

use protocol::{Command, ErrorCode, Failure, ModelDescription, ModelSource};

use super::{Effects, ask, chat, explorer, models, replies};
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::{Effect, Focus};
use crate::state::{BackendKind, Phase, Problem, Purpose, Remedy, Startup, State};

/// So many faults in a short time, and the page stops trying by itself.
const MAX_DEATHS: u32 = 3;
/// A connection that has held this long was a good one.
const HELD_MS: u32 = 30_000;
/// Between two attempts to reach a server.
const RETRY_MS: u32 = 1_000;

/// Opens a connection in place of the one there was.
pub(super) fn connect(state: &mut State, effects: &mut Effects) {
    drop_requests(state);
    let engine = &mut state.engine;
    engine.generation += 1;
    engine.phase = Phase::Connecting;
    engine.model = None;
    engine.last_step = None;
    engine.forward_tokens = 0;
    effects.push(Effect::Connect {
        generation: engine.generation,
        backend: engine.backend,
        address: engine.native_address.clone(),
    });
}

/// Connects at the person's wish: earlier faults no longer count.
pub(super) fn restart(state: &mut State, effects: &mut Effects) {
    state.engine.deaths = 0;
    state.error = None;
    connect(state, effects);
}

/// Chooses where the model runs.
pub(super) fn use_backend(
    state: &mut State,
    backend: BackendKind,
    effects: &mut Effects,
) {
    let engine = &state.engine;
    match backend {
        BackendKind::Native => {
            let known = engine.native_here == Some(true)
                || !engine.native_address.trim().is_empty();
            match known {
                true => use_native(state, effects),
                // Without an address there is nothing to connect to: it is asked for
                // while the model at hand goes on.
                false => {
                    state.engine.address_wanted = true;
                    effects.push(Effect::Focus(Focus::Address));
                }
            }
        }
        BackendKind::Worker => {
            let running =
                engine.backend == BackendKind::Worker && engine.phase != Phase::Failed;
            state.engine.address_wanted = false;
            if !running {
                state.engine.backend = BackendKind::Worker;
                restart(state, effects);
            }
        }
    }
}

/// Connects to the native server whose address is given.
pub(super) fn use_native(state: &mut State, effects: &mut Effects) {
    state.engine.backend = BackendKind::Native;
    state.engine.address_wanted = true;
    restart(state, effects);
}

/// Loads the demo model instead of the one that the page's address asks for.
pub(super) fn use_demo(state: &mut State, effects: &mut Effects) {
    state.engine.backend = BackendKind::Worker;
    state.engine.source = ModelSource::Demo;
    state.models.remembered.model = None;
    restart(state, effects);
}

/// Takes what the connection tells.
pub(super) fn heard(state: &mut State, event: LinkEvent, effects: &mut Effects) {
    match event {
        LinkEvent::Open => {
            state.engine.phase = Phase::Loading;
            ask_for_model(state, effects);
        }
        LinkEvent::Reply(reply) => replies::take(state, *reply, effects),
        LinkEvent::Died(reason) => died(state, &reason, effects),
    }
}

/// Asks for the model: a worker has to load one, a server has one.
pub(super) fn ask_for_model(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    let command = match engine.backend {
        BackendKind::Worker => {
            Command::Load { source: engine.source.clone(), precision: engine.precision }
        }
        BackendKind::Native => Command::Describe,
    };
    ask(state, Purpose::Model, command, effects);
}

/// The model answers: what waited for it goes on.
pub(super) fn ready(state: &mut State, model: ModelDescription, effects: &mut Effects) {
    state.announce(format!("The model {} is ready.", model.name));
    state.engine.model = Some(model);
    state.engine.phase = Phase::Ready;
    if state.engine.deaths > 0
        && let Some(problem) = &mut state.error
    {
        let hint = match state.engine.backend {
            BackendKind::Worker => "It was started again",
            BackendKind::Native => "It is there again",
        };
        problem.hint = Some(format!("{hint}; nothing you typed or chose is lost."));
    }
    let generation = state.engine.generation;
    effects.push(Effect::After { ms: HELD_MS, action: Action::LinkHeld { generation } });
    models::ready(state, effects);
    explorer::resume(state, effects);
}

/// There is no model, or not yet.
pub(super) fn no_model(state: &mut State, failure: Failure, effects: &mut Effects) {
    if failure.code == ErrorCode::Loading && state.engine.backend == BackendKind::Native {
        let action = Action::AskAgain { generation: state.engine.generation };
        effects.push(Effect::After { ms: RETRY_MS, action });
        return;
    }
    if failure.code == ErrorCode::NotStored {
        return models::gone(state, failure, effects);
    }
    state.engine.phase = Phase::Failed;
    let remedy = remedy(state);
    state.error = Some(Problem { message: failure.message, hint: failure.hint, remedy });
}

/// Stops a start that takes too long.
pub(super) fn stop_loading(state: &mut State, effects: &mut Effects) {
    if super::abandon(state, |purpose| *purpose == Purpose::Model, effects) {
        loading_stopped(state);
    }
}

/// The start was stopped.
pub(super) fn loading_stopped(state: &mut State) {
    state.engine.phase = Phase::Failed;
    let remedy = remedy(state);
    let message = match state.engine.source {
        ModelSource::Hub(_) => "The download is paused. What is there stays.",
        _ => "Loading was stopped.",
    };
    state.error = Some(Problem { remedy, ..Problem::new(message) });
}

/// What can be done about a model that is not there.
fn remedy(state: &State) -> Remedy {
    match state.engine.source {
        ModelSource::Demo => Remedy::Restart,
        _ => Remedy::RestartOrDemo,
    }
}

fn died(state: &mut State, reason: &str, effects: &mut Effects) {
    let unreached = state.engine.phase == Phase::Connecting
        && state.engine.backend == BackendKind::Native
        && state.engine.deaths == 0;
    drop_requests(state);
    let engine = &mut state.engine;
    engine.deaths += 1;
    engine.phase = Phase::Failed;
    engine.model = None;
    if unreached {
        state.error = Some(Problem {
            message: "No native server answers at this address.".into(),
            hint: Some("Start the server, or give its address, then connect.".into()),
            remedy: Remedy::Restart,
        });
        return;
    }
    let native = engine.backend == BackendKind::Native;
    let who = if native { "The native server is gone" } else { "The engine stopped" };
    let message = format!("{who}: {}.", reason.trim_end_matches('.'));
    if engine.deaths >= MAX_DEATHS {
        let hint = match native {
            true => "Start it again, or choose “In this browser”.",
            false => "That was the third time in a row.",
        };
        state.error = Some(Problem {
            message,
            hint: Some(format!("{hint} Nothing you typed or chose is lost.")),
            remedy: Remedy::Restart,
        });
        return;
    }
    let hint = match native {
        true => "The page is connecting again.",
        false => "It is being started again.",
    };
    state.error = Some(Problem { hint: Some(hint.into()), ..Problem::new(message) });
    match engine.backend {
        BackendKind::Worker => connect(state, effects),
        BackendKind::Native => {
            engine.phase = Phase::Connecting;
            let action = Action::Reconnect { generation: engine.generation };
            effects.push(Effect::After { ms: RETRY_MS, action });
        }
    }
}

/// Forgets what was asked of a connection that is gone; what the person wanted stays
/// wanted.
fn drop_requests(state: &mut State) {
    if state.requests.any(|purpose| *purpose == Purpose::Tokenize) {
        state.explorer.startup = Startup::Start;
    }
    if state.requests.chatting() {
        chat::give_back(state);
    }
    state.requests.close_all(|_| true);
    state.explorer.paced = false;
    state.engine.progress = None;
}

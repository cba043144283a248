//! Events of the connection to the engine: it opens, answers, dies or is refused.

use protocol::{Event, ModelSource};

use super::connection::{
    RETRY_MS, connect, fall_back, forget_requests, give_up, request_model,
};
use super::replies::on_reply;
use super::requests::Effects;
use crate::action::Action;
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{BackendKind, Problem, Readiness, State};
use crate::texts::{engine as texts, failures};

/// After this many deaths in a row, the page no longer starts the engine by itself.
const MAX_DEATHS: u32 = 3;

/// Takes an event of the current connection.
pub(super) fn on_link_event(state: &mut State, event: LinkEvent, effects: &mut Effects) {
    match event {
        LinkEvent::Open => {
            state.engine.readiness = Readiness::Loading;
            request_model(state, effects);
        }
        LinkEvent::Reply(mut reply) => {
            state.engine.has_answered = true;
            if let Event::Failed(failure) = &mut reply.event {
                failures::translate(failure);
            }
            on_reply(state, *reply, effects);
        }
        LinkEvent::Died(reason) => on_died(state, &reason, effects),
        LinkEvent::Refused(message) => give_up(state, message, effects),
    }
}

/// Starts the engine or connects to the server again, or returns to what worked before.
fn on_died(state: &mut State, reason: &str, effects: &mut Effects) {
    let is_native = state.engine.backend == BackendKind::Native;
    let was_connecting = state.engine.readiness == Readiness::Connecting;
    let was_loading = state.engine.readiness == Readiness::Loading;
    if was_connecting && is_native && state.engine.deaths == 0 {
        let server = state.engine.server_name();
        let message = texts::unreachable(&server);
        return give_up(state, message, effects);
    }
    let cut_short = forget_requests(state);
    let engine = &mut state.engine;
    engine.deaths += 1;
    engine.readiness = Readiness::Failed;
    engine.model = None;
    let reason = reason.trim_end_matches('.');
    let message = texts::ended(is_native, was_loading, reason);
    // The same model would most likely end the engine again: at once if it did so while it
    // was loaded, otherwise if this is the second time.
    let is_demo = state.engine.source == ModelSource::Demo;
    if !is_native && !is_demo && (was_loading || state.engine.deaths > 1) {
        let hint = texts::too_large(cut_short);
        return fall_back(state, Problem::with_hint(message, hint), effects);
    }
    if state.engine.deaths >= MAX_DEATHS {
        let hint = texts::given_up(is_native, cut_short);
        return fall_back(state, Problem::with_hint(message, hint), effects);
    }
    // If the page is returning from a target that failed, that problem stays on screen.
    if state.engine.failed.is_none() {
        let hint = texts::again(is_native, cut_short);
        state.error = Some(Problem::with_hint(message, hint));
    }
    let engine = &mut state.engine;
    match engine.backend {
        BackendKind::Worker => connect(state, effects),
        BackendKind::Native => {
            engine.readiness = Readiness::Connecting;
            let action = Action::Reconnect { generation: engine.generation };
            effects.push(Effect::After { ms: RETRY_MS, action });
        }
    }
}

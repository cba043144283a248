//! How the start of an engine ends: with a model, with a failure, or because the person
//! stops it.

use protocol::{ErrorCode, Failure, ModelDescription, ModelSource, Phase, PromptDevice};

use crate::action::Action;
use crate::effect::Effect;
use crate::state::{BackendKind, LastGood, Problem, Purpose, Readiness, State, Target};
use crate::texts::engine as texts;
use crate::texts::model_menu::prompts;
use crate::update::connection::{ANSWER_MS, RETRY_MS, fall_back, give_up, request_model};
use crate::update::explorer::resume;
use crate::update::models::{on_model_missing, remember_model};
use crate::update::requests::{Effects, cancel};
use crate::update::sharing::take_waiting;

/// A connection that has held for this long is a good one.
const HELD_MS: u32 = 30_000;

/// Notes that another device reads prompts from now on, and says so.
pub(crate) fn on_prompt_device(state: &mut State, device: PromptDevice) {
    if let Some(model) = &mut state.engine.model {
        model.prompts = device;
    }
    state.models.notice = prompts(device).map(str::to_owned);
}

/// Goes on with the model that is ready.
pub(crate) fn on_model_ready(
    state: &mut State,
    model: ModelDescription,
    effects: &mut Effects,
) {
    state.announce(texts::ready(&model.name));
    let engine = &mut state.engine;
    engine.last_good = Some(last_good(engine.target(), &model.name));
    engine.take_model(model);
    engine.switching = false;
    engine.readiness = Readiness::Ready;
    if engine.deaths > 0 && engine.failed.is_none() {
        // The problem is solved: what is left of it is a notice.
        state.error = None;
        let text = texts::recovered(engine.backend == BackendKind::Native);
        state.models.notice = Some(text.into());
    }
    if state.models.notice.is_none() && state.engine.backend == BackendKind::Worker {
        state.models.notice = state.engine.conversion_notice();
    }
    let generation = state.engine.generation;
    effects.push(Effect::After { ms: HELD_MS, action: Action::LinkHeld { generation } });
    keep_site(state, effects);
    remember_model(state, effects);
    if !take_waiting(state, effects) {
        resume(state, effects);
    }
}

/// Has the site's files kept for visits without a network, once the page works and has nothing
/// more to fetch. The page of a native server needs that server anyway.
pub(crate) fn keep_site(state: &mut State, effects: &mut Effects) {
    let engine = &mut state.engine;
    if engine.is_ready() && engine.native_here == Some(false) && !engine.site_kept {
        engine.site_kept = true;
        effects.push(Effect::KeepSite);
    }
}

/// The target to return to. A model that was downloaded for it is not downloaded again.
fn last_good(mut target: Target, name: &str) -> LastGood {
    if let ModelSource::Hub(model) = &mut target.source {
        model.stored_only = true;
    }
    LastGood { target, name: name.to_owned() }
}

/// Takes the failure to load a model. A server that still loads its own is asked again.
pub(crate) fn on_loading_failed(
    state: &mut State,
    failure: Failure,
    effects: &mut Effects,
) {
    if failure.code == ErrorCode::Loading && state.engine.backend == BackendKind::Native {
        let action = Action::AskAgain { generation: state.engine.generation };
        effects.push(Effect::After { ms: RETRY_MS, action });
        return;
    }
    if failure.code == ErrorCode::NotStored {
        return on_model_missing(state, failure, effects);
    }
    let problem = Problem { hint: failure.hint, ..Problem::new(failure.message) };
    if std::mem::take(&mut state.engine.switching) {
        // The server returns to the model that it ran.
        state.error = Some(problem);
        return request_model(state, effects);
    }
    fall_back(state, problem, effects);
}

/// Stops a start that takes too long.
pub(crate) fn stop_loading(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    let places_weights = engine.progress.as_ref().is_some_and(|p| p.phase == Phase::Load);
    let is_deaf = places_weights && engine.backend == BackendKind::Worker;
    if cancel(state, |purpose| *purpose == Purpose::Model, effects) {
        state.engine.progress = None;
        if is_deaf {
            // A worker takes no message before all weights are placed, so another worker
            // loads the model that the page returns to.
            state.engine.readiness = Readiness::Connecting;
        }
        on_loading_stopped(state, effects);
    } else if state.engine.readiness == Readiness::Connecting {
        effects.push(Effect::Disconnect);
        state.engine.generation += 1;
        state.engine.awaits_catalogue = false;
        on_loading_stopped(state, effects);
    }
}

/// Takes the end of a start that was stopped.
pub(crate) fn on_loading_stopped(state: &mut State, effects: &mut Effects) {
    let message = match state.engine.source {
        _ if state.engine.backend == BackendKind::Native => texts::CONNECTING_STOPPED,
        ModelSource::Hub(_) => texts::DOWNLOAD_PAUSED,
        _ => texts::LOADING_STOPPED,
    };
    fall_back(state, Problem::new(message), effects);
}

/// Gives up a server that has not answered in time.
pub(crate) fn on_answer_due(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    if engine.has_answered || engine.readiness == Readiness::Failed {
        return;
    }
    let server = engine.server_name();
    let seconds = ANSWER_MS / 1000;
    let is_connected = engine.readiness != Readiness::Connecting;
    let message = texts::no_answer(&server, is_connected, seconds);
    effects.push(Effect::Disconnect);
    give_up(state, message, effects);
}

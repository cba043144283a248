//! The connection to the engine: begun, lost, begun again; the model on the other side.

use protocol::{Command, ErrorCode, Failure, ModelDescription, ModelSource};

use super::{Effects, ask, chat, explorer, models, replies};
use crate::action::Action;
use crate::backend::{LinkEvent, server_address};
use crate::effect::{Effect, Focus};
use crate::state::{
    BackendKind, LastGood, LastModel, Problem, Purpose, Readiness, Remedy, State, Target,
    WhenReady, token_not_sent,
};

/// So many faults in a short time, and the page stops trying by itself.
const MAX_DEATHS: u32 = 3;
/// A connection that has held this long was a good one.
const HELD_MS: u32 = 30_000;
/// Between two attempts to reach a server.
const RETRY_MS: u32 = 1_000;
/// A server that has not answered by then does not.
const ANSWER_MS: u32 = 10_000;

/// What to do about a model that ends the engine.
const LESS_MEMORY: &str = "The model may need more memory than this browser gives: choose a \
    smaller one, 4-bit, or the native server.";

/// Opens a connection in place of the one there was.
pub(super) fn connect(state: &mut State, effects: &mut Effects) {
    drop_requests(state);
    let engine = &mut state.engine;
    engine.generation += 1;
    engine.readiness = Readiness::Connecting;
    engine.has_answered = false;
    engine.model = None;
    engine.last_step = None;
    engine.forward_tokens = 0;
    let (generation, backend) = (engine.generation, engine.backend);
    let address = match backend {
        BackendKind::Worker => String::new(),
        BackendKind::Native => match socket_of(state) {
            Ok(address) => address,
            Err(message) => {
                effects.push(Effect::Disconnect);
                return go_back(state, Problem::new(message), effects);
            }
        },
    };
    if backend == BackendKind::Native {
        let action = Action::AnswerDue { generation };
        effects.push(Effect::After { ms: ANSWER_MS, action });
    }
    effects.push(Effect::Connect { generation, backend, address });
}

/// Where the socket of the native server is, with its token. What was typed with the
/// address as its token is kept beside it, and only for that server.
fn socket_of(state: &mut State) -> Result<String, String> {
    let engine = &mut state.engine;
    let address = server_address(&engine.native_address, &engine.page)?;
    if let Some(token) = &address.token {
        engine.server_tokens.set(&address.origin, Some(token));
        engine.native_address = address.plain;
    }
    if engine.server_tokens.withholds(&address.origin) {
        engine.server_tokens.set(&address.origin, None);
        return Err(token_not_sent(&address.origin));
    }
    Ok(match engine.server_tokens.to_send(&address.origin) {
        Some(token) => format!("{}?token={token}", address.socket),
        None => address.socket,
    })
}

/// Opens what was chosen: earlier faults no longer count.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    state.engine.failed = None;
    state.engine.deaths = 0;
    state.error = None;
    connect(state, effects);
}

/// Tries again what did not work; without such a thing, starts what there is anew.
pub(super) fn restart(state: &mut State, effects: &mut Effects) {
    let remedy = state.error.as_ref().map(|problem| problem.remedy);
    if let Some(remedy @ (Remedy::AllowFiles | Remedy::ChooseFiles)) = remedy {
        return models::want_files(state, remedy, effects);
    }
    // With the problem dismissed, there is nothing to try again.
    if state.error.is_some()
        && let Some(failed) = state.engine.failed.take()
    {
        state.engine.aim(failed);
    }
    open(state, effects);
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
            let running = engine.backend == BackendKind::Worker
                && engine.readiness != Readiness::Failed;
            state.engine.address_wanted = false;
            if !running {
                state.engine.backend = BackendKind::Worker;
                open(state, effects);
            }
        }
    }
}

/// Connects to the native server whose address is given. Where that is none, the model at
/// hand goes on.
pub(super) fn use_native(state: &mut State, effects: &mut Effects) {
    state.engine.address_wanted = true;
    let engine = &state.engine;
    if let Err(message) = server_address(&engine.native_address, &engine.page) {
        state.error = Some(Problem::new(message));
        effects.push(Effect::Focus(Focus::Address));
        return;
    }
    state.engine.backend = BackendKind::Native;
    open(state, effects);
}

/// Loads the demo model instead of the one that was asked for.
pub(super) fn use_demo(state: &mut State, effects: &mut Effects) {
    state.engine.backend = BackendKind::Worker;
    state.engine.source = ModelSource::Demo;
    state.models.missing_files.clear();
    state.models.remembered.last = LastModel {
        precision: state.models.remembered.last.precision,
        ..LastModel::default()
    };
    open(state, effects);
}

/// A server had its time to answer.
pub(super) fn answer_due(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    if engine.has_answered || engine.readiness == Readiness::Failed {
        return;
    }
    let server = engine.server_name();
    let seconds = ANSWER_MS / 1000;
    let message = match engine.readiness {
        Readiness::Connecting => {
            format!("Nothing answered at {server} within {seconds} seconds.")
        }
        _ => format!(
            "{server} took the connection, but did not answer within {seconds} seconds."
        ),
    };
    effects.push(Effect::Disconnect);
    refused(state, message, effects);
}

/// A connection cannot come about.
fn refused(state: &mut State, message: String, effects: &mut Effects) {
    drop_requests(state);
    state.engine.model = None;
    // What it may still tell is late.
    state.engine.generation += 1;
    let hint = "Start the server there, or check its address, then connect again.";
    go_back(state, Problem { hint: Some(hint.into()), ..Problem::new(message) }, effects);
}

/// Takes what the connection tells.
pub(super) fn heard(state: &mut State, event: LinkEvent, effects: &mut Effects) {
    match event {
        LinkEvent::Open => {
            state.engine.readiness = Readiness::Loading;
            ask_for_model(state, effects);
        }
        LinkEvent::Reply(reply) => {
            state.engine.has_answered = true;
            replies::take(state, *reply, effects);
        }
        LinkEvent::Died(reason) => died(state, &reason, effects),
        LinkEvent::Refused(message) => refused(state, message, effects),
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
    let engine = &mut state.engine;
    engine.last_good = Some(last_good(engine.target(), &model.name));
    engine.take_model(model);
    engine.readiness = Readiness::Ready;
    if engine.deaths > 0 && engine.failed.is_none() {
        // All is well again, and what is still said is no alarm.
        state.error = None;
        let text = match engine.backend {
            BackendKind::Worker => "The engine stopped and was started again.",
            BackendKind::Native => "Connection lost – reconnected.",
        };
        state.models.notice = Some(format!("{text} Your text is safe."));
    }
    if state.models.notice.is_none() && state.engine.backend == BackendKind::Worker {
        state.models.notice = state.engine.converted();
    }
    let generation = state.engine.generation;
    effects.push(Effect::After { ms: HELD_MS, action: Action::LinkHeld { generation } });
    models::ready(state, effects);
    explorer::resume(state, effects);
}

/// What is to be gone back to. What was downloaded for it is not downloaded again.
fn last_good(mut target: Target, name: &str) -> LastGood {
    if let ModelSource::Hub(model) = &mut target.source {
        model.stored_only = true;
    }
    LastGood { target, name: name.to_owned() }
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
    let problem = Problem { hint: failure.hint, ..Problem::new(failure.message) };
    go_back(state, problem, effects);
}

/// Stops a start that takes too long.
pub(super) fn stop_loading(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    let places_weights =
        engine.progress.as_ref().is_some_and(|p| p.phase == protocol::Phase::Load);
    let is_deaf = places_weights && engine.backend == BackendKind::Worker;
    if super::abandon(state, |purpose| *purpose == Purpose::Model, effects) {
        state.engine.progress = None;
        if is_deaf {
            // It would hear of it once all is placed. What is gone back to does not wait.
            state.engine.readiness = Readiness::Connecting;
        }
        loading_stopped(state, effects);
    } else if state.engine.readiness == Readiness::Connecting {
        effects.push(Effect::Disconnect);
        state.engine.generation += 1;
        state.engine.awaits_catalogue = false;
        loading_stopped(state, effects);
    }
}

/// The start was stopped.
pub(super) fn loading_stopped(state: &mut State, effects: &mut Effects) {
    let message = match state.engine.source {
        _ if state.engine.backend == BackendKind::Native => "Connecting was stopped.",
        ModelSource::Hub(_) => "The download is paused. What is there stays.",
        _ => "Loading was stopped.",
    };
    go_back(state, Problem::new(message), effects);
}

/// Something could not be opened: what worked before is opened again, if there is such a
/// thing, while the problem stays on screen.
fn go_back(state: &mut State, mut problem: Problem, effects: &mut Effects) {
    let target = state.engine.target();
    problem.remedy = match &target {
        Target { backend: BackendKind::Worker, source: ModelSource::Demo, .. } => {
            Remedy::Restart
        }
        _ => Remedy::RestartOrDemo,
    };
    let good = state.engine.last_good.take().filter(|good| !same(&good.target, &target));
    state.engine.failed = Some(target.clone());
    let Some(LastGood { target: good, name }) = good else {
        state.engine.readiness = Readiness::Failed;
        state.error = Some(problem);
        return;
    };
    let back = match good.backend {
        BackendKind::Worker => format!("{name} is opened again meanwhile."),
        BackendKind::Native => format!("{name} on the native server is used meanwhile."),
    };
    problem.hint = Some(match problem.hint {
        Some(hint) => format!("{hint} {back}"),
        None => back,
    });
    state.error = Some(problem);
    // An engine that could not load one model can load another.
    let goes_on = state.engine.readiness == Readiness::Loading
        && (good.backend, target.backend) == (BackendKind::Worker, BackendKind::Worker);
    state.engine.aim(good);
    state.engine.deaths = 0;
    match goes_on {
        true => ask_for_model(state, effects),
        false => connect(state, effects),
    }
}

/// Whether two targets are the same model in the same place.
fn same(a: &Target, b: &Target) -> bool {
    let plain = |target: &Target| {
        let mut target = target.clone();
        match target.backend {
            BackendKind::Native => target.source = ModelSource::Demo,
            BackendKind::Worker => target.native_address.clear(),
        }
        if let ModelSource::Hub(model) = &mut target.source {
            model.stored_only = false;
        }
        target
    };
    plain(a) == plain(b)
}

fn died(state: &mut State, reason: &str, effects: &mut Effects) {
    let native = state.engine.backend == BackendKind::Native;
    let connecting = state.engine.readiness == Readiness::Connecting;
    let loading = state.engine.readiness == Readiness::Loading;
    if connecting && native && state.engine.deaths == 0 {
        let server = state.engine.server_name();
        let message = format!("Can’t reach a server at this address ({server}).");
        return refused(state, message, effects);
    }
    let cut_short = drop_requests(state);
    let engine = &mut state.engine;
    engine.deaths += 1;
    engine.readiness = Readiness::Failed;
    engine.model = None;
    let reason = reason.trim_end_matches('.');
    let message = match native {
        true => format!("The connection to the native server was lost: {reason}."),
        false if loading => {
            format!("The engine stopped while it loaded the model: {reason}.")
        }
        false => format!("The engine stopped: {reason}."),
    };
    let mut kept = "Nothing you typed or chose is lost.".to_owned();
    if cut_short {
        kept += " The reply that was being written ends where it was.";
    }
    // The same model would most likely end it again: at once if it did while it was loaded,
    // otherwise if it was not the first time.
    let is_demo = state.engine.source == ModelSource::Demo;
    if !native && !is_demo && (loading || state.engine.deaths > 1) {
        let hint = Some(format!("{kept} {LESS_MEMORY}"));
        return go_back(state, Problem { hint, ..Problem::new(message) }, effects);
    }
    if state.engine.deaths >= MAX_DEATHS {
        let hint = match native {
            true => "Start it again, or choose “In this browser”.",
            false => "That was the third time in a row.",
        };
        let hint = Some(format!("{hint} {kept}"));
        return go_back(state, Problem { hint, ..Problem::new(message) }, effects);
    }
    let hint = match native {
        true => "The page is connecting again.",
        false => "It is being started again.",
    };
    let hint = Some(format!("{hint} {kept}"));
    // On the way back from something that failed, that is what is to be read.
    if state.engine.failed.is_none() {
        state.error = Some(Problem { hint, ..Problem::new(message) });
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

/// Forgets what was asked of a connection that is gone; what the person wanted stays
/// wanted. Whether a reply was cut short, of which there is a part.
fn drop_requests(state: &mut State) -> bool {
    let mut cut_short = false;
    if state.requests.any(|purpose| *purpose == Purpose::Tokenize) {
        state.explorer.when_ready = WhenReady::Start;
    }
    if state.requests.chatting() {
        cut_short = chat::interrupted(state);
    }
    state.requests.close_all(|_| true);
    state.explorer.paced_play = false;
    state.explorer.restart_play = false;
    state.engine.progress = None;
    cut_short
}

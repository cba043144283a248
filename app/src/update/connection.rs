//! Opening a connection to an engine, and returning to what worked before if that fails.

use protocol::{Command, ModelSource};

use super::requests::{Effects, send};
use super::stopping::end_reply;
use crate::action::Action;
use crate::backend::server_address;
use crate::effect::Effect;
use crate::state::{
    BackendKind, LastGood, Problem, Purpose, Readiness, Remedy, State, Target, WhenReady,
    token_not_sent,
};
use crate::texts::engine as texts;

/// How long a server may take for its first answer.
pub(super) const ANSWER_MS: u32 = 10_000;
/// The time between two attempts to reach a server.
pub(super) const RETRY_MS: u32 = 1_000;

/// Opens what was chosen. Earlier failures no longer count.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    state.engine.failed = None;
    state.engine.deaths = 0;
    state.error = None;
    connect(state, effects);
}

/// Opens a new connection in place of the current one.
pub(super) fn connect(state: &mut State, effects: &mut Effects) {
    forget_requests(state);
    state.sharing.recorded_by = None;
    let engine = &mut state.engine;
    engine.generation += 1;
    engine.readiness = Readiness::Connecting;
    engine.has_answered = false;
    engine.switching = false;
    engine.model = None;
    engine.last_step = None;
    engine.forward_tokens = 0;
    let (generation, backend) = (engine.generation, engine.backend);
    let address = match backend {
        BackendKind::Worker => String::new(),
        BackendKind::Native => match socket_address(state) {
            Ok(address) => address,
            Err(message) => {
                effects.push(Effect::Disconnect);
                return fall_back(state, Problem::new(message), effects);
            }
        },
    };
    if backend == BackendKind::Native {
        let action = Action::AnswerDue { generation };
        effects.push(Effect::After { ms: ANSWER_MS, action });
    }
    let gpu_again = std::mem::take(&mut state.engine.gpu_again);
    effects.push(Effect::Connect { generation, backend, address, gpu_again });
}

/// The address of the native server's socket, with its access token. A token that was typed
/// with the address is moved from there to the access tokens, bound to that server.
pub(super) fn socket_address(state: &mut State) -> Result<String, String> {
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

/// Makes what the current engine still says outdated: nothing is computed from now on.
pub(super) fn stand_down(state: &mut State) {
    forget_requests(state);
    let engine = &mut state.engine;
    engine.generation += 1;
    engine.awaits_catalogue = false;
    engine.failed = None;
    engine.last_step = None;
    state.error = None;
}

/// Requests the model: a worker loads one, a server describes its own.
pub(super) fn request_model(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    let command = match engine.backend {
        BackendKind::Worker => {
            Command::Load { source: engine.source.clone(), precision: engine.precision }
        }
        BackendKind::Native => Command::Describe,
    };
    send(state, Purpose::Model, command, effects);
}

/// Gives up a connection that did not come about.
pub(super) fn give_up(state: &mut State, message: String, effects: &mut Effects) {
    forget_requests(state);
    state.engine.model = None;
    // Whatever the connection still says is outdated.
    state.engine.generation += 1;
    fall_back(state, Problem::with_hint(message, texts::START_SERVER), effects);
}

/// Shows why the target cannot be opened, and opens the last one that worked, if there is
/// another.
pub(super) fn fall_back(state: &mut State, mut problem: Problem, effects: &mut Effects) {
    let target = state.engine.target();
    problem.remedy = match &target {
        Target { backend: BackendKind::Worker, source: ModelSource::Demo, .. } => {
            Remedy::Restart
        }
        _ => Remedy::RestartOrDemo,
    };
    let good = state.engine.last_good.take();
    let good = good.filter(|good| !good.target.is_same(&target));
    state.engine.failed = Some(target.clone());
    let Some(LastGood { target: good, name }) = good else {
        state.engine.readiness = Readiness::Failed;
        state.error = Some(problem);
        return;
    };
    let meanwhile = texts::meanwhile(&name, good.backend == BackendKind::Native);
    problem.hint = Some(match problem.hint {
        Some(hint) => format!("{hint} {meanwhile}"),
        None => meanwhile,
    });
    state.error = Some(problem);
    // A worker that could not load one model can load another.
    let keeps_worker = state.engine.readiness == Readiness::Loading
        && (good.backend, target.backend) == (BackendKind::Worker, BackendKind::Worker);
    state.engine.set_target(good);
    state.engine.deaths = 0;
    match keeps_worker {
        true => request_model(state, effects),
        false => connect(state, effects),
    }
}

/// Forgets the requests of a connection that has ended. A start from the prompt is done again
/// once a model is ready. Returns whether a reply was cut short after its first token.
pub(super) fn forget_requests(state: &mut State) -> bool {
    if state.requests.any(|purpose| *purpose == Purpose::Tokenize) {
        state.explorer.when_ready = WhenReady::Start;
    }
    let cut_short = state.requests.chatting() && end_reply(state);
    state.requests.close_all(|_| true);
    state.explorer.paced_play = false;
    state.explorer.restart_play = false;
    state.engine.progress = None;
    cut_short
}

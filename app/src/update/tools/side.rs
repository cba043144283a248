//! Two engines side by side: the second one is opened, asked about the running text whenever
//! that changes, and ended.

use protocol::{Command, Event, Failure, ModelDescription, Request};

use super::side_answers::{ask, on_answer, send_to_side};
use crate::backend::LinkEvent;
use crate::effect::Effect;
use crate::state::{
    BackendKind, Other, Purpose, Readiness, SideTerms, State, Tab, Target, Tool,
};
use crate::texts;
use crate::update::connection::socket_address;
use crate::update::requests::{Effects, cancel};

/// Opens the second engine with what was chosen, in the place of the one that is there.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    let opened = target(state).and_then(|target| {
        let address = match target.backend {
            BackendKind::Native => socket_address(state)?,
            BackendKind::Worker => String::new(),
        };
        Ok((target, address))
    });
    close(state, effects);
    let side = &mut state.side;
    match opened {
        Ok((target, address)) => {
            let (generation, backend) = (side.generation, target.backend);
            side.target = Some(target);
            effects.push(Effect::ConnectSide { generation, backend, address });
        }
        Err(message) => side.problem = Some(message),
    }
}

/// What was chosen to compare with.
///
/// # Errors
/// A sentence, if what was typed is no model.
fn target(state: &State) -> Result<Target, String> {
    let engine = &state.engine;
    let here = Target { backend: BackendKind::Worker, ..engine.target() };
    Ok(match state.comparison.with {
        Other::Text | Other::Place => match engine.backend {
            BackendKind::Worker => {
                Target { backend: BackendKind::Native, ..engine.target() }
            }
            BackendKind::Native => here,
        },
        Other::Precision(precision) => Target { precision, ..here },
        Other::Model => Target {
            source: state.models.source(&state.comparison.model)?,
            precision: state.models.precision,
            ..here
        },
    })
}

/// Ends the second engine and forgets what was compared with it.
pub(crate) fn close(state: &mut State, effects: &mut Effects) {
    cancel(state, |purpose| matches!(purpose, Purpose::Side(_)), effects);
    if state.side.target.is_some() {
        effects.push(Effect::DisconnectSide);
    }
    let generation = state.side.generation.wrapping_add(1);
    state.side = Default::default();
    state.side.generation = generation;
}

/// Takes an event of the second engine's connection.
pub(crate) fn on_side_link(
    state: &mut State,
    generation: u32,
    event: LinkEvent,
    effects: &mut Effects,
) {
    if generation != state.side.generation || state.side.target.is_none() {
        return;
    }
    match event {
        LinkEvent::Open => {
            let Some(target) = &state.side.target else { return };
            let (source, precision) = (target.source.clone(), target.precision);
            state.side.readiness = Readiness::Loading;
            let command = match target.backend {
                BackendKind::Worker => Command::Load { source, precision },
                BackendKind::Native => Command::Describe,
            };
            send_to_side(state, Purpose::Model, command, effects);
        }
        LinkEvent::Reply(reply) => {
            let Some(purpose) = state.side.requests.purpose(reply.id).cloned() else {
                return;
            };
            if reply.event.is_terminal() {
                state.side.requests.close(reply.id);
            }
            match purpose {
                Purpose::Side(terms) => on_answer(state, 1, terms, reply.event, effects),
                _ => on_loading(state, reply.event, effects),
            }
        }
        LinkEvent::Died(reason) => {
            let reason = reason.trim_end_matches('.');
            fail(state, texts::side::ended(reason), effects);
        }
        LinkEvent::Refused(message) => fail(state, message, effects),
    }
}

fn on_loading(state: &mut State, event: Event, effects: &mut Effects) {
    let side = &mut state.side;
    match event {
        Event::Progress(progress) => side.progress = Some(progress),
        Event::Ready(model) => {
            side.progress = None;
            side.readiness = Readiness::Ready;
            let text = texts::side::ready(&model.name);
            side.model = Some(model);
            state.announce(text);
        }
        Event::Failed(Failure { message, hint, .. }) => {
            let hint = hint.unwrap_or_default();
            fail(state, format!("{message} {hint}").trim_end().into(), effects);
        }
        _ => {}
    }
}

/// Ends the second engine for a reason in whole sentences.
fn fail(state: &mut State, reason: String, effects: &mut Effects) {
    close(state, effects);
    state.side.problem = Some(reason);
}

/// Asks both engines if the text or a sampler has changed.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let Some((terms, model)) = wanted(state) else { return };
    let asked = state.side.parts.as_ref().map(|parts| &parts.terms);
    if asked == Some(&terms) {
        return;
    }
    let same_text = asked.is_some_and(|asked| asked.text == terms.text);
    let is_side = |purpose: &Purpose| matches!(purpose, Purpose::Side(_));
    if state.side.is_busy() || state.requests.any(is_side) {
        if same_text {
            // Only a knob was turned: its newest value is asked for after this answer.
            return;
        }
        cancel(state, is_side, effects);
        for request in state.side.requests.close_all(is_side) {
            let id = state.side.requests.next_id();
            let command = Command::Cancel { request };
            effects.push(Effect::SendSide(Request { id, command }));
        }
    }
    ask(state, terms, &model, effects);
}

/// What there is to ask; none while the tool is closed, or before both engines have models.
fn wanted(state: &State) -> Option<(SideTerms, ModelDescription)> {
    let is_open = state.open_tool() == Some(Tool::Compare) && state.tab == Tab::Explorer;
    let compares = state.comparison.with != Other::Text && state.side.is_ready();
    if !is_open || !compares || state.requests.playing() {
        return None;
    }
    let settings = state.current()?.settings.clone();
    let terms = SideTerms {
        text: state.text_key()?,
        other_settings: state.comparison.other_settings(&settings),
        settings,
        rows: state.knobs.rows,
        generation: state.side.generation,
    };
    Some((terms, state.side.model.clone()?))
}

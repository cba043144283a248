//! Many draws and sweeps of the distribution in view. They are asked for again as knobs are
//! turned, which costs the engine no forward pass.

use protocol::{Command, Event, SweptKnob};

use crate::state::{
    DRAWN_ROWS, DrawsAction, Purpose, SWEPT_ROWS, State, TEMPERATURES, TOP_P, Tool,
    TrialTerms,
};
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(state: &mut State, action: DrawsAction) {
    state.trials.take(action);
}

/// Asks again if the text, a knob or the number of draws has changed.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let Some(wanted) = wanted(state) else { return };
    if state.trials.asked.as_ref() == Some(&wanted) {
        return;
    }
    let open = state.requests.find(|purpose| match purpose {
        Purpose::Trial(terms) => Some(terms.text),
        _ => None,
    });
    match open {
        // Only a knob was turned: its newest value is asked for after these answers.
        Some(text) if text == wanted.text => return,
        Some(_) => {
            cancel(state, |purpose| matches!(purpose, Purpose::Trial(_)), effects);
        }
        None => {}
    }
    let ids = state.explorer.tree.ids(state.explorer.position());
    let settings = wanted.settings.clone();
    state.trials.asked = Some(wanted.clone());
    state.trials.problem = None;
    let draw = Command::Draw {
        ids: ids.clone(),
        settings: wanted.drawing_settings(),
        draws: wanted.draws,
        candidates: DRAWN_ROWS,
    };
    send(state, Purpose::Trial(wanted.clone()), draw, effects);
    for (knob, values) in
        [(SweptKnob::Temperature, &TEMPERATURES), (SweptKnob::TopP, &TOP_P)]
    {
        let sweep = Command::Sweep {
            ids: ids.clone(),
            settings: settings.clone(),
            knob,
            values: values.to_vec(),
            candidates: SWEPT_ROWS,
        };
        send(state, Purpose::Trial(wanted.clone()), sweep, effects);
    }
}

/// What there is to try out; none while the tool is closed, or without a distribution.
fn wanted(state: &State) -> Option<TrialTerms> {
    let is_open = state.open_tool() == Some(Tool::Draws);
    if !is_open || state.playing() || !state.engine.is_ready() {
        return None;
    }
    let settings = state.current()?.settings.clone();
    let text = state.text_key()?;
    let (draws, round) = (state.trials.draws, state.trials.round);
    Some(TrialTerms { text, settings, draws, round })
}

/// Takes an answer.
pub(crate) fn on_event(state: &mut State, terms: TrialTerms, event: Event) {
    match event {
        Event::Drawn(drawn) => state.trials.drawn = Some((terms, *drawn)),
        Event::Swept(sweep) => state.trials.store(terms, *sweep),
        Event::Failed(failure) => state.trials.problem = Some(failure.message),
        _ => {}
    }
}

//! Two texts or samplers side by side.

use protocol::limits::MAX_TEMPERATURE;
use protocol::{Command, ComparedText, Event};

use super::side;
use crate::state::{
    ComparisonAction, ComparisonTerms, Other, OtherText, Purpose, State, Tab, Tool,
};
use crate::texts;
use crate::update::explorer::append_tokens;
use crate::update::requests::{Effects, cancel, send};

/// Takes an action of the person.
pub(crate) fn on_action(
    state: &mut State,
    action: ComparisonAction,
    effects: &mut Effects,
) {
    let comparison = &mut state.comparison;
    match action {
        ComparisonAction::Edit(text) => comparison.typed = text,
        ComparisonAction::SetTemperature(value) => {
            let value = value.map(|value| (value as f32).clamp(0.0, MAX_TEMPERATURE));
            comparison.temperature = value.filter(|value| value.is_finite());
        }
        ComparisonAction::SetTopP(value) => {
            let value = value.map(|value| (value as f32).clamp(0.01, 1.0));
            comparison.top_p = value.filter(|value| value.is_finite());
        }
        ComparisonAction::SetOther(other) => {
            if other != comparison.with {
                comparison.with = other;
                side::close(state, effects);
            }
        }
        ComparisonAction::EditModel(name) => comparison.model = name,
        ComparisonAction::CloseSide => side::close(state, effects),
        ComparisonAction::Compare if comparison.with != Other::Text => {
            comparison.wanted = false;
            side::open(state, effects);
        }
        ComparisonAction::Compare => compare(state, effects),
        ComparisonAction::AppendBoth(row) => append_both(state, row, effects),
    }
}

fn compare(state: &mut State, effects: &mut Effects) {
    let of_it = |purpose: &Purpose| {
        matches!(purpose, Purpose::TokenizeOther | Purpose::Compare(_))
    };
    cancel(state, of_it, effects);
    if !state.comparison.typed.is_empty() && !state.engine.is_ready() {
        state.notify(texts::scores::NOT_READY);
        return;
    }
    let comparison = &mut state.comparison;
    (comparison.wanted, comparison.other, comparison.asked) = (true, None, None);
    comparison.problem = None;
    if !comparison.typed.is_empty() {
        let text = state.comparison.typed.clone();
        let command = Command::Tokenize { text, options: Default::default() };
        send(state, Purpose::TokenizeOther, command, effects);
    }
}

fn append_both(state: &mut State, row: usize, effects: &mut Effects) {
    if state.comparison.with != Other::Text {
        return append_with_side(state, row, effects);
    }
    let Some((terms, comparison)) = &state.comparison.found else { return };
    let is_of_text = Some(terms.text) == state.text_key();
    let Some(pair) = comparison.candidates.get(row).filter(|_| is_of_text) else {
        return;
    };
    let candidate = pair.first.clone();
    let compared = terms.text;
    append_tokens(state, std::slice::from_ref(&candidate), effects);
    // Where nothing was appended, the other text stays as it is, too.
    let is_appended = state.text_key() != Some(compared);
    if let Some(other) = state.comparison.other.as_mut().filter(|_| is_appended) {
        other.ids.push(candidate.token.id);
        other.appended += &candidate.token.text;
    }
}

/// Appends a token to the text; the second engine follows it there.
fn append_with_side(state: &mut State, row: usize, effects: &mut Effects) {
    let Some(found) = &state.side.found else { return };
    let is_of_text = Some(found.terms.text) == state.text_key();
    let row = found.rows.get(row).filter(|_| is_of_text);
    if let Some(candidate) = row.and_then(|row| row.first.clone()) {
        append_tokens(state, &[candidate], effects);
    }
}

/// Compares again if a text or a sampler has changed.
pub(super) fn refresh(state: &mut State, effects: &mut Effects) {
    let Some(wanted) = wanted(state) else { return };
    if state.comparison.asked.as_ref() == Some(&wanted) {
        return;
    }
    let open = state.requests.find(|purpose| match purpose {
        Purpose::Compare(terms) => Some((terms.text, terms.other.clone())),
        _ => None,
    });
    if let Some((text, other)) = open {
        if (text, &other) == (wanted.text, &wanted.other) {
            // Only a knob was turned: its newest value is asked for after this answer.
            return;
        }
        cancel(state, |purpose| matches!(purpose, Purpose::Compare(_)), effects);
    }
    let ids = state.explorer.tree.ids(state.explorer.position());
    let settings = wanted.settings.clone();
    let first = Box::new(ComparedText { ids, settings });
    let second = Box::new(ComparedText {
        ids: wanted.other.clone(),
        settings: wanted.other_settings.clone(),
    });
    let candidates = wanted.rows;
    state.comparison.asked = Some(wanted.clone());
    state.comparison.problem = None;
    let command = Command::Compare { first, second, candidates };
    send(state, Purpose::Compare(wanted), command, effects);
}

/// What there is to compare; none while the tool is closed, or before the texts are read.
pub(super) fn wanted(state: &State) -> Option<ComparisonTerms> {
    let is_open = state.open_tool() == Some(Tool::Compare) && state.tab == Tab::Explorer;
    let tokenizes = state.requests.any(|purpose| *purpose == Purpose::TokenizeOther);
    let of_text = state.comparison.with == Other::Text;
    if !is_open
        || !of_text
        || !state.comparison.wanted
        || tokenizes
        || state.requests.playing()
    {
        return None;
    }
    let settings = state.current()?.settings.clone();
    let text = state.text_key()?;
    let other = match &state.comparison.other {
        // Of another model's tokens nothing can be told.
        Some(other) if other.model != text.model => return None,
        Some(other) => other.ids.clone(),
        None => state.explorer.tree.ids(state.explorer.position()),
    };
    let other_settings = state.comparison.other_settings(&settings);
    let rows = state.knobs.rows;
    Some(ComparisonTerms { text, settings, other, other_settings, rows })
}

/// Takes what the engine says about the other text, or about both.
pub(crate) fn on_event(state: &mut State, terms: Option<ComparisonTerms>, event: Event) {
    let model = state.engine.model_id();
    let comparison = &mut state.comparison;
    match (event, terms, model) {
        (Event::Tokenized { tokens }, _, Some(model)) => {
            let ids = tokens.into_iter().map(|token| token.id).collect();
            comparison.other = Some(OtherText { model, ids, appended: String::new() });
        }
        (Event::Compared(found), Some(terms), _) => {
            comparison.found = Some((terms, *found));
        }
        (Event::Failed(failure), ..) => {
            comparison.problem = Some(failure.message);
            // Without the other text there is nothing to compare.
            comparison.wanted = comparison.other.is_some() || comparison.typed.is_empty();
        }
        _ => {}
    }
}

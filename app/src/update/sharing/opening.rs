//! A session that came in: its model is opened as if the address had named it, its ids become
//! tokens, and its texts are put beside those that are there, so that Undo goes back.

use hub::StoredName;
use protocol::{Command, ErrorCode, Failure, Token};
use sharing::{ModelRef, RecordedToken, Source};

use super::placing::place;
use super::recording;
use crate::effect::Effect;
use crate::state::{
    AskedBy, BackendKind, HubQuestion, Problem, Purpose, Session, State, name_to_open,
};
use crate::texts::sharing as texts;
use crate::update::connection::open as open_engine;
use crate::update::explorer::{look_back, request_distribution, resume};
use crate::update::models::open_named;
use crate::update::requests::{Effects, send};
use crate::update::stopping::free_model;

/// Opens a session.
pub(super) fn open(state: &mut State, session: Box<Session>, effects: &mut Effects) {
    if session.recorded.is_some() {
        recording::show(state, *session, effects);
        effects.push(Effect::CleanAddress);
        return;
    }
    let same = state.engine.is_ready() && is_open(state, &session.model);
    state.sharing.waiting = Some(session);
    if same {
        take_waiting(state, effects);
        return;
    }
    if state.models.catalogue.is_none() {
        effects.push(Effect::ReadCatalogue);
    }
    open_if_known(state, effects);
}

/// Whether the session waits for what says where models are.
pub(super) fn waits_for_lists(state: &State) -> bool {
    state.sharing.waiting.is_some() && !lists_are_known(state)
}

fn lists_are_known(state: &State) -> bool {
    state.models.catalogue.is_some() && state.engine.native_here.is_some()
}

fn can_open(state: &State, model: &ModelRef) -> bool {
    match model.source {
        Source::Server => state.engine.native_here == Some(true),
        Source::Files => false,
        Source::Demo | Source::Hub(_) | Source::Address(_) => true,
    }
}

/// Opens the model of the session that waits, once the page knows where models are. Returns
/// whether no engine is begun although nothing more is waited for.
pub(in crate::update) fn open_if_known(state: &mut State, effects: &mut Effects) -> bool {
    let Some(session) = &state.sharing.waiting else { return false };
    let in_time = !state.engine.is_ready() || !is_open(state, &session.model);
    if !lists_are_known(state) || !in_time || state.models.question.is_some() {
        return false;
    }
    let model = session.model.clone();
    if !can_open(state, &model) {
        // It is held against the model that is there.
        if state.engine.is_ready() {
            take_waiting(state, effects);
        }
    } else {
        open_model(state, &model, effects);
    }
    state.engine.generation == 0
}

/// Opens a model as if the page's address had named it: a hub that the person has not chosen is
/// asked about first.
fn open_model(state: &mut State, model: &ModelRef, effects: &mut Effects) {
    let Some((name, precision)) = name_to_open(model) else {
        // The page's own server, and no other.
        state.engine.backend = BackendKind::Native;
        state.engine.native_address.clear();
        return open_engine(state, effects);
    };
    let endpoint = StoredName::parse(&name).endpoint;
    let agreed = state.models.visiting.as_ref() == Some(&endpoint);
    if !agreed && !state.models.trusts(&endpoint, &state.engine.page) {
        let (model, precision) = (Some(name), Some(precision));
        let asked_by = AskedBy::Link;
        let question = HubQuestion { endpoint, model, precision, asked_by };
        state.models.question = Some(question);
        return;
    }
    if let Err(message) = open_named(state, &name, Some(precision), effects) {
        state.sharing.waiting = None;
        state.show_problem(Problem::new(message));
    }
}

/// Whether a model is the one that answers.
fn is_open(state: &State, model: &ModelRef) -> bool {
    state.model_ref().is_some_and(|open| {
        let alike = open.source == model.source && open.precision == model.precision;
        alike && open.vocab_size == model.vocab_size
    })
}

/// Asks the model for the tokens of the session that waits for it. False if none does.
pub(in crate::update) fn take_waiting(state: &mut State, effects: &mut Effects) -> bool {
    if state.models.question.is_some() {
        return false;
    }
    let Some(session) = state.sharing.waiting.take() else { return false };
    free_model(state, effects);
    let ids = session.texts.ids.clone();
    if ids.is_empty() {
        on_tokens(state, &session, Vec::new(), effects);
    } else {
        send(state, Purpose::Session(session), Command::Detokenize { ids }, effects);
    }
    true
}

/// Puts the texts of a session beside those that are there, if these are its tokens.
pub(in crate::update) fn on_tokens(
    state: &mut State,
    session: &Session,
    tokens: Vec<Token>,
    effects: &mut Effects,
) {
    let (Some(model), Some(open)) = (state.engine.model_id(), state.model_ref()) else {
        return;
    };
    let same = tokens.len() == session.texts.ids.len()
        && sharing::checksum(tokens.iter()) == session.texts.checksum;
    if !same {
        return on_other_tokens(state, session, effects);
    }
    let tokens = tokens.into_iter();
    let known = tokens.map(|token| RecordedToken { token, score: None, choice: None });
    place(state, session, known.collect(), model, false);
    effects.push(Effect::CleanAddress);
    if let Some(difference) = texts::difference(&session.model, &open) {
        state.models.notice = Some(difference);
    }
    state.announce(texts::OPENED);
    match session.view.focus {
        Some(focus) => look_back(state, focus as usize, effects),
        None => request_distribution(state, effects),
    }
    state.sharing.expected = state.text_key().zip(session.expected);
    compare_with_expected(state);
}

/// Takes the failure to tell what the ids of a session are.
pub(in crate::update) fn on_tokens_failed(
    state: &mut State,
    session: &Session,
    failure: Failure,
    effects: &mut Effects,
) {
    match failure.code {
        ErrorCode::InvalidToken => on_other_tokens(state, session, effects),
        _ => state.error = Some(failure.into()),
    }
}

/// The text that was there stays.
fn on_other_tokens(state: &mut State, session: &Session, effects: &mut Effects) {
    let name = state.engine.model.as_ref().map_or("", |model| &model.name);
    let message = texts::other_tokens(&session.model.name, name);
    state.show_problem(Problem::with_hint(message, texts::OPEN_THAT_MODEL));
    resume(state, effects);
}

/// Holds the distribution in view against what the session that was opened said of it.
pub(in crate::update) fn compare_with_expected(state: &mut State) {
    let (Some(text), Some(seen)) = (state.text_key(), state.current().cloned()) else {
        return;
    };
    let of_text = state.sharing.expected.take().filter(|(known, _)| *known == text);
    let Some((_, expected)) = of_text else { return };
    let mut listed = seen.candidates.iter().chain(&seen.watched);
    let now = listed.find(|row| row.token.id == expected.id).map(|row| row.probability);
    if now == Some(expected.p) {
        state.notify(texts::SAME_NUMBERS);
    } else {
        let text = texts::other_numbers(expected.p, now);
        let notice = &mut state.models.notice;
        *notice = Some(match notice.take() {
            Some(known) => format!("{known} {text}"),
            None => text,
        });
    }
}

/// Computes again what a trace shows.
pub(super) fn go_live(state: &mut State, effects: &mut Effects) {
    let Some(model) = state.sharing.recorded_by.clone() else { return };
    if name_to_open(&model).is_none() && !can_open(state, &model) {
        return open_engine(state, effects);
    }
    open_model(state, &model, effects);
}

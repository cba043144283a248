//! Loading a model that was chosen: on offer, typed, stored, of files, or of a link; and
//! deleting one.

use protocol::{Command, Failure, HubModel, LocalFile, ModelSource, Precision};

use super::picker::{close_picker, request_stored_models};
use crate::effect::Effect;
use crate::state::{
    AskedBy, BackendKind, HubQuestion, LastModel, Problem, Purpose, Readiness, State,
    stored_precision,
};
use crate::texts::engine as texts;
use crate::update::connection::{forget_requests, open, request_model};
use crate::update::requests::{Effects, cancel, send};

/// Loads the model that was typed.
pub(crate) fn choose_typed(state: &mut State, effects: &mut Effects) {
    let name = state.models.typed.clone();
    choose(state, &name, None, effects);
}

/// Loads a model by its name, in this precision if there is one.
pub(crate) fn choose(
    state: &mut State,
    name: &str,
    precision: Option<Precision>,
    effects: &mut Effects,
) {
    if let Err(message) = open_named(state, name, precision, effects) {
        state.models.typed_error = Some(message);
    }
}

/// Loads a model by its name, in this precision if there is one.
///
/// # Errors
/// A sentence, if the name is none of a model.
pub(crate) fn open_named(
    state: &mut State,
    name: &str,
    precision: Option<Precision>,
    effects: &mut Effects,
) -> Result<(), String> {
    let mut source = state.models.source(name)?;
    if let Some(precision) = precision {
        state.models.precision = precision;
    }
    if let ModelSource::Hub(model) = &mut source {
        // A hub that the person has not chosen is not asked for what is stored.
        model.stored_only = !state.models.is_of_chosen_hub(model)
            && state.models.is_stored_in(&model.name, state.models.precision);
    }
    load(state, source, effects);
    Ok(())
}

/// Loads a model of files that the person has chosen.
pub(crate) fn choose_files(
    state: &mut State,
    files: Vec<LocalFile>,
    effects: &mut Effects,
) {
    if !files.is_empty() {
        load(state, ModelSource::Files { files }, effects);
    }
}

/// Has the native server load another of its models.
pub(crate) fn choose_on_server(state: &mut State, name: String, effects: &mut Effects) {
    if state.engine.backend != BackendKind::Native || !state.engine.is_ready() {
        return;
    }
    close_picker(state);
    // The server ends what is under way.
    forget_requests(state);
    state.error = None;
    let engine = &mut state.engine;
    engine.readiness = Readiness::Loading;
    engine.switching = true;
    engine.model = None;
    engine.last_step = None;
    let model = HubModel { name, stored_only: true, ..HubModel::default() };
    let source = ModelSource::Hub(model);
    let load = Command::Load { source, precision: Precision::Auto };
    send(state, Purpose::Model, load, effects);
}

/// Uses the hub that the person was asked about and loads the model from there, or not.
pub(crate) fn answer_hub_question(
    state: &mut State,
    accepted: bool,
    effects: &mut Effects,
) {
    let Some(question) = state.models.question.take() else { return };
    let HubQuestion { endpoint, model, precision, asked_by } = question;
    if !accepted {
        // A session that needs it is not opened either.
        state.sharing.waiting = None;
        state.announce(texts::HUB_DECLINED);
        return;
    }
    match asked_by {
        AskedBy::Link => state.models.visiting = Some(endpoint),
        AskedBy::OldSettings => {
            state.models.hub_typed = endpoint.as_str().to_owned();
            state.models.remembered.hub = state.models.hub_typed.clone();
        }
    }
    let Some(name) = model else { return };
    state.models.precision = precision.unwrap_or_default();
    match state.models.source(&name) {
        Ok(source) => load(state, source, effects),
        Err(message) => state.error = Some(Problem::new(message)),
    }
}

/// Opens a worker with a model, and stores the choice for later visits.
pub(super) fn load(state: &mut State, source: ModelSource, effects: &mut Effects) {
    close_picker(state);
    let models = &mut state.models;
    models.typed_error = None;
    models.notice = None;
    models.missing_files.clear();
    let mut last = LastModel { precision: models.precision, ..LastModel::default() };
    match &source {
        ModelSource::Hub(model) => {
            effects.push(Effect::Persist);
            models.notice = models.token_withheld(model);
            // A model of another hub is remembered only once it is stored completely.
            last.name = models.is_of_chosen_hub(model).then(|| model.name.clone());
        }
        ModelSource::Files { files } => {
            last.files = files.iter().map(|file| file.name.clone()).collect();
        }
        ModelSource::Demo | ModelSource::Address { .. } => {}
    }
    models.remembered.last = last;
    state.engine.backend = BackendKind::Worker;
    state.engine.source = source;
    state.engine.precision = state.models.precision;
    open(state, effects);
}

/// Remembers the model that is ready as the one to begin the next visit with.
pub(crate) fn remember_model(state: &mut State, effects: &mut Effects) {
    if state.engine.backend != BackendKind::Worker {
        return;
    }
    let last = &mut state.models.remembered.last;
    last.was_ready = true;
    if let ModelSource::Hub(model) = &state.engine.source {
        // It may come from the page's address, which is as good as being chosen.
        last.name = Some(model.name.clone());
        last.files.clear();
        last.precision = state.engine.precision;
        effects.push(Effect::Persist);
        request_stored_models(state, effects);
    }
}

/// Loads the demo model in place of the last visit's model, which is no longer stored.
pub(crate) fn on_model_missing(
    state: &mut State,
    failure: Failure,
    effects: &mut Effects,
) {
    let hint = failure.hint.unwrap_or_default();
    // This is a notice, since starting from the prompt would clear a problem.
    state.models.notice = Some(format!("{} {hint}", failure.message));
    state.models.remembered.last.name = None;
    state.engine.source = ModelSource::Demo;
    state.engine.readiness = Readiness::Loading;
    request_model(state, effects);
}

/// Deletes a stored model.
pub(crate) fn delete_model(
    state: &mut State,
    name: String,
    precision: Precision,
    effects: &mut Effects,
) {
    let last = &mut state.models.remembered.last;
    let same = stored_precision(last.precision) == stored_precision(precision);
    if same && last.name.as_ref() == Some(&name) {
        last.name = None;
    }
    send(state, Purpose::Models, Command::DeleteModel { name, precision }, effects);
}

/// Stops the download, deletes what has been downloaded, and loads the demo model.
pub(crate) fn cancel_download(state: &mut State, effects: &mut Effects) {
    let ModelSource::Hub(model) = &state.engine.source else { return };
    if state.engine.readiness == Readiness::Connecting {
        return;
    }
    let name = model.name.clone();
    cancel(state, |purpose| *purpose == Purpose::Model, effects);
    state.engine.progress = None;
    delete_model(state, name, state.engine.precision, effects);
    state.engine.source = ModelSource::Demo;
    state.error = None;
    state.engine.readiness = Readiness::Loading;
    request_model(state, effects);
}

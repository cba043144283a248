//! Choosing a model: on offer, typed, stored or from a file.

use hub::Catalogue;
use protocol::{Command, Failure, LocalFile, ModelSource, Precision, StoredModels};

use super::{Effects, ask, engine};
use crate::effect::Effect;
use crate::state::{BackendKind, Phase, Purpose, ServerModels, State, as_stored};

/// Shows the picker.
pub(super) fn open(state: &mut State, effects: &mut Effects) {
    state.models.open = true;
    if state.models.catalogue.is_none() {
        effects.push(Effect::ReadCatalogue);
    }
    list(state, effects);
}

/// Asks what the browser stores; only a worker knows.
pub(super) fn list(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    if engine.backend == BackendKind::Worker && engine.phase != Phase::Connecting {
        ask(state, Purpose::Models, Command::ListModels, effects);
    }
}

/// The list of what is on offer was read, or is not there.
pub(super) fn catalogue_read(
    state: &mut State,
    catalogue: Option<Catalogue>,
    effects: &mut Effects,
) {
    state.models.catalogue = Some(catalogue.unwrap_or_default());
    begin_when_known(state, effects);
}

/// It is known whether the page's own server is a native one, and what models it has.
pub(super) fn native_here(
    state: &mut State,
    models: Option<ServerModels>,
    effects: &mut Effects,
) {
    state.engine.native_here = Some(models.is_some());
    state.models.of_server = models;
    keep_site(state, effects);
    begin_when_known(state, effects);
}

/// Begins to load a model of a hub once it is known where its files are.
fn begin_when_known(state: &mut State, effects: &mut Effects) {
    let known = state.models.catalogue.is_some() && state.engine.native_here.is_some();
    if state.engine.awaits_catalogue && known {
        state.engine.awaits_catalogue = false;
        if let ModelSource::Hub(model) = &state.engine.source {
            let (name, stored_only) = (model.name.clone(), model.stored_only);
            let mut source = state.models.source(&name);
            if let ModelSource::Hub(model) = &mut source {
                model.stored_only = stored_only;
            }
            state.engine.source = source;
        }
        engine::connect(state, effects);
    }
}

/// Loads a model by what it is called, in this precision if one is named.
pub(super) fn choose(
    state: &mut State,
    name: &str,
    precision: Option<Precision>,
    effects: &mut Effects,
) {
    if let Some(precision) = precision {
        state.models.precision = precision;
    }
    let source = state.models.source(name);
    load(state, source, effects);
}

/// Loads files that the person has chosen.
pub(super) fn choose_files(
    state: &mut State,
    files: Vec<LocalFile>,
    effects: &mut Effects,
) {
    if !files.is_empty() {
        load(state, ModelSource::Files { files }, effects);
    }
}

fn load(state: &mut State, source: ModelSource, effects: &mut Effects) {
    let models = &mut state.models;
    models.open = false;
    models.notice = None;
    models.remembered.was_ready = false;
    models.remembered.precision = models.precision;
    models.remembered.model = match &source {
        ModelSource::Hub(model) => {
            effects.push(Effect::Persist);
            Some(model.name.clone())
        }
        _ => None,
    };
    state.engine.backend = BackendKind::Worker;
    state.engine.source = source;
    state.engine.precision = state.models.precision;
    engine::restart(state, effects);
}

/// Deletes a stored model.
pub(super) fn delete(
    state: &mut State,
    name: String,
    precision: Precision,
    effects: &mut Effects,
) {
    let remembered = &mut state.models.remembered;
    let same = as_stored(remembered.precision) == as_stored(precision);
    if same && remembered.model.as_ref() == Some(&name) {
        remembered.model = None;
    }
    ask(state, Purpose::Models, Command::DeleteModel { name, precision }, effects);
}

/// Stops the download, throws away what there is of it, and goes on with the demo.
pub(super) fn cancel(state: &mut State, effects: &mut Effects) {
    let ModelSource::Hub(model) = &state.engine.source else { return };
    let name = model.name.clone();
    super::abandon(state, |purpose| *purpose == Purpose::Model, effects);
    delete(state, name, state.engine.precision, effects);
    state.engine.source = ModelSource::Demo;
    state.error = None;
    state.engine.phase = Phase::Loading;
    engine::ask_for_model(state, effects);
}

/// What the browser stores is known.
pub(super) fn stored(state: &mut State, stored: StoredModels) {
    state.models.stored = Some(stored);
}

/// The model answers: it is the one to come back to.
pub(super) fn ready(state: &mut State, effects: &mut Effects) {
    keep_site(state, effects);
    if state.engine.backend == BackendKind::Worker {
        let remembered = &mut state.models.remembered;
        remembered.was_ready = true;
        if let ModelSource::Hub(model) = &state.engine.source {
            // The page's address may have named it, which is as good as choosing it.
            remembered.model = Some(model.name.clone());
            remembered.precision = state.engine.precision;
            effects.push(Effect::Persist);
            list(state, effects);
        }
    }
}

/// Once the page works and there is nothing more to fetch, its files are kept. Those of a
/// native server go where the server goes.
pub(super) fn keep_site(state: &mut State, effects: &mut Effects) {
    let engine = &mut state.engine;
    if engine.is_ready() && engine.native_here == Some(false) && !engine.site_kept {
        engine.site_kept = true;
        effects.push(Effect::KeepSite);
    }
}

/// The model that was remembered is gone: the demo takes its place.
pub(super) fn gone(state: &mut State, failure: Failure, effects: &mut Effects) {
    let hint = failure.hint.unwrap_or_default();
    // Not as a problem: the page starts all the same, and a start clears those.
    state.models.notice = Some(format!("{} {hint}", failure.message));
    state.models.remembered.model = None;
    state.engine.source = ModelSource::Demo;
    state.engine.phase = Phase::Loading;
    engine::ask_for_model(state, effects);
}

/// The access token was typed.
pub(super) fn edit_token(state: &mut State, token: String) {
    let models = &mut state.models;
    if models.remembered.token.is_some() {
        models.remembered.token = Some(token.clone());
    }
    models.token = token;
}

/// The access token is to be found again by a later visit, or not.
pub(super) fn keep_token(state: &mut State, keep: bool) {
    let models = &mut state.models;
    models.remembered.token = keep.then(|| models.token.clone());
}

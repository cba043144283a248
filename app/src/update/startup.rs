//! The first steps of the page. A model of a hub is loaded once the page has the lists of
//! models, which say where its files are.

use hub::Catalogue;
use protocol::{HubModel, ModelSource};

use super::connection::connect;
use super::engine::keep_site;
use super::lessons;
use super::models::begin_with_files;
use super::requests::Effects;
use super::sharing::open_if_known;
use crate::effect::Effect;
use crate::state::{BackendKind, LessonAction, ServerModels, State};

/// Begins with a state that holds what was stored.
pub(super) fn begin(state: &mut State, effects: &mut Effects) {
    effects.push(Effect::Probe);
    if let Some(name) = state.first_lesson.take() {
        lessons::on_action(state, LessonAction::Open(name), effects);
    }
    if state.sharing.reads_link {
        // The link says which model is wanted. The app reads it from the address.
        effects.push(Effect::ReadCatalogue);
        effects.push(Effect::ReadLink);
        return;
    }
    begin_engine(state, effects);
}

/// Begins with the engine and the model that were chosen.
pub(super) fn begin_engine(state: &mut State, effects: &mut Effects) {
    if begin_with_files(state, effects) {
        return;
    }
    let is_hub_model = matches!(state.engine.source, ModelSource::Hub(_));
    if is_hub_model && state.engine.backend == BackendKind::Worker {
        state.engine.awaits_catalogue = true;
        effects.push(Effect::ReadCatalogue);
        return;
    }
    if state.models.question.is_some() {
        // The answer may need it.
        effects.push(Effect::ReadCatalogue);
    }
    connect(state, effects);
}

/// Stores the list of models on offer; an empty one if it could not be read.
pub(super) fn on_catalogue(
    state: &mut State,
    catalogue: Option<Catalogue>,
    effects: &mut Effects,
) {
    state.models.catalogue = Some(catalogue.unwrap_or_default());
    connect_when_known(state, effects);
    open_shared(state, effects);
}

/// Stores the models of the page's own server; none if it is not a native server.
pub(super) fn on_server_probed(
    state: &mut State,
    models: Option<ServerModels>,
    effects: &mut Effects,
) {
    state.engine.native_here = Some(models.is_some());
    state.models.of_server = models;
    keep_site(state, effects);
    connect_when_known(state, effects);
    open_shared(state, effects);
}

/// Opens the session that waits for what is known now, or goes on without its model.
fn open_shared(state: &mut State, effects: &mut Effects) {
    let begins = state.engine.generation == 0 && !state.sharing.reads_link;
    if open_if_known(state, effects) && begins {
        begin_engine(state, effects);
    }
}

/// Connects once both lists are known, with the model's source made anew from them.
fn connect_when_known(state: &mut State, effects: &mut Effects) {
    let known = state.models.catalogue.is_some() && state.engine.native_here.is_some();
    if state.engine.awaits_catalogue && known {
        state.engine.awaits_catalogue = false;
        if let ModelSource::Hub(model) = &state.engine.source
            && let Ok(ModelSource::Hub(now)) = state.models.source(&model.name)
        {
            let stored_only = model.stored_only;
            state.engine.source = ModelSource::Hub(HubModel { stored_only, ..now });
        }
        connect(state, effects);
    }
}

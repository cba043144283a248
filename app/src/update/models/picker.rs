//! The dialog for choosing a model: its lists, and its fields for the hub and the access
//! token.

use protocol::{Command, ModelSource};

use crate::effect::Effect;
use crate::state::{BackendKind, FileList, Purpose, Readiness, State};
use crate::texts::engine as texts;
use crate::update::requests::{Effects, send};

/// Shows the picker.
pub(crate) fn open_picker(state: &mut State, effects: &mut Effects) {
    state.models.open = true;
    if state.models.catalogue.is_none() {
        effects.push(Effect::ReadCatalogue);
    }
    request_stored_models(state, effects);
}

/// Hides the picker. The hub that was typed there is stored for later visits.
pub(crate) fn close_picker(state: &mut State) {
    forget_files(state);
    let models = &mut state.models;
    models.open = false;
    if models.visiting.is_none() && models.hub().is_ok() {
        models.remembered.hub = models.hub_typed.trim().to_owned();
    }
}

/// Requests the list of stored models: those in the browser, or those of the native server.
pub(super) fn request_stored_models(state: &mut State, effects: &mut Effects) {
    let engine = &state.engine;
    let has_list = match engine.backend {
        BackendKind::Worker => engine.readiness != Readiness::Connecting,
        BackendKind::Native => engine.is_ready(),
    };
    if has_list {
        send(state, Purpose::Models, Command::ListModels, effects);
    }
}

/// Asks for the files of the model whose name was typed. Only a worker asks hubs.
pub(crate) fn list_files(state: &mut State, effects: &mut Effects) {
    forget_files(state);
    let models = &mut state.models;
    let model = match models.source(&models.typed) {
        Ok(ModelSource::Hub(model)) => model,
        Ok(_) => {
            let message = texts::NO_LIST;
            models.typed_error = Some(message.into());
            return;
        }
        Err(message) => {
            models.typed_error = Some(message);
            return;
        }
    };
    models.typed_error = None;
    let failed = match (state.engine.backend, state.engine.readiness) {
        (BackendKind::Native, _) => texts::NO_LIST_ON_SERVER,
        (_, Readiness::Connecting) => texts::STILL_STARTING,
        _ => {
            models.files = Some(FileList::Asked);
            let command = Command::ListFiles { model };
            return send(state, Purpose::ModelFiles, command, effects);
        }
    };
    models.files = Some(FileList::Failed(failed.into()));
}

/// Edits the name of a model. The list of files is that of the name before.
pub(crate) fn edit_model(state: &mut State, name: String) {
    forget_files(state);
    state.models.typed = name;
    state.models.typed_error = None;
}

fn forget_files(state: &mut State) {
    state.models.files = None;
    state.requests.close_all(|purpose| *purpose == Purpose::ModelFiles);
}

/// Edits the address of the hub, which ends the visit of another one.
pub(crate) fn edit_hub(state: &mut State, address: String) {
    state.models.visiting = None;
    state.models.hub_typed = address;
}

/// Edits the access token of the current hub.
pub(crate) fn edit_token(state: &mut State, token: &str) {
    let models = &mut state.models;
    let keeps = models.keeps_token();
    let Some(origin) = models.token_origin() else { return };
    models.tokens.set(&origin, Some(token));
    if keeps {
        models.remembered.tokens.set(&origin, Some(token));
    }
}

/// Stores the access token of the current hub for later visits, or removes it from there.
pub(crate) fn keep_token(state: &mut State, keep: bool) {
    let models = &mut state.models;
    let token = models.token_text().to_owned();
    let Some(origin) = models.token_origin() else { return };
    models.remembered.tokens.set(&origin, keep.then_some(&*token));
}

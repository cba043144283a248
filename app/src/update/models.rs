//! Choosing a model: on offer, typed, stored or from a file.

use hub::Catalogue;
use protocol::{
    Command, Failure, HubModel, LocalFile, ModelSource, Precision, StoredModels,
};

use super::{Effects, ask, engine};
use crate::effect::Effect;
use crate::state::{
    AskedBy, BackendKind, FoundFiles, HubQuestion, LastModel, Problem, Purpose,
    Readiness, Remedy, ServerModels, State, stored_precision,
};

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
    if engine.backend == BackendKind::Worker && engine.readiness != Readiness::Connecting
    {
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
        if let ModelSource::Hub(model) = &state.engine.source
            && let Ok(ModelSource::Hub(now)) = state.models.source(&model.name)
        {
            let stored_only = model.stored_only;
            state.engine.source = ModelSource::Hub(HubModel { stored_only, ..now });
        }
        engine::connect(state, effects);
    }
}

/// Loads what was typed.
pub(super) fn choose_typed(state: &mut State, effects: &mut Effects) {
    let name = state.models.typed.clone();
    choose(state, &name, None, effects);
}

/// Loads a model by what it is called, in this precision if one is named.
pub(super) fn choose(
    state: &mut State,
    name: &str,
    precision: Option<Precision>,
    effects: &mut Effects,
) {
    let mut source = match state.models.source(name) {
        Ok(source) => source,
        Err(message) => {
            state.models.typed_error = Some(message);
            return;
        }
    };
    if let Some(precision) = precision {
        state.models.precision = precision;
    }
    if let ModelSource::Hub(model) = &mut source {
        // What is there need not be asked for at a hub that is not the person's.
        model.stored_only = !state.models.is_of_chosen_hub(model)
            && state.models.is_stored_in(&model.name, state.models.precision);
    }
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

/// Begins with the files of the last visit, if those were its model: true if so.
pub(super) fn begin_with_files(state: &mut State, effects: &mut Effects) -> bool {
    let names = state.models.missing_files.clone();
    let wanted = !names.is_empty() && state.engine.backend == BackendKind::Worker;
    if wanted {
        effects.push(Effect::FindFiles { names, ask: false });
        if state.models.catalogue.is_none() {
            effects.push(Effect::ReadCatalogue);
        }
    }
    wanted
}

/// The files of the last visit were looked for.
pub(super) fn files_found(state: &mut State, found: FoundFiles, effects: &mut Effects) {
    let names = state.models.missing_files.clone();
    let Some(first) = names.first() else { return };
    let others = names.len() - 1;
    let named = match others {
        0 => first.clone(),
        1 => format!("{first} with another file"),
        _ => format!("{first} with {others} other files"),
    };
    let (message, hint, remedy) = match found {
        FoundFiles::Files(files) => {
            return load(state, ModelSource::Files { files }, effects);
        }
        FoundFiles::NotAllowed => (
            format!("The model of your last visit was {named}."),
            "The browser wants you to say again that this page may read it.",
            Remedy::AllowFiles,
        ),
        FoundFiles::Gone => (
            format!("The model of your last visit was {named}; choose it again."),
            "Browsers do not give files to a page by themselves. Your text waits for it.",
            Remedy::ChooseFiles,
        ),
    };
    state.engine.readiness = Readiness::Failed;
    state.error = Some(Problem { message, hint: Some(hint.into()), remedy });
}

/// The person wants the files of the last visit.
pub(super) fn want_files(state: &mut State, remedy: Remedy, effects: &mut Effects) {
    let names = state.models.missing_files.clone();
    effects.push(match remedy {
        Remedy::AllowFiles => Effect::FindFiles { names, ask: true },
        _ => Effect::PickFiles,
    });
}

fn load(state: &mut State, source: ModelSource, effects: &mut Effects) {
    close(state);
    let models = &mut state.models;
    models.typed_error = None;
    models.notice = None;
    models.missing_files.clear();
    let mut last = LastModel { precision: models.precision, ..LastModel::default() };
    match &source {
        ModelSource::Hub(model) => {
            effects.push(Effect::Persist);
            models.notice = models.token_withheld(model);
            // One of another hub is come back to only when it is all there.
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
    engine::open(state, effects);
}

/// Hides the picker. The hub that was typed there is the one of later visits, too.
pub(super) fn close(state: &mut State) {
    let models = &mut state.models;
    models.open = false;
    if models.visiting.is_none() && models.hub().is_ok() {
        models.remembered.hub = models.hub_typed.trim().to_owned();
    }
}

/// The address of the hub was edited.
pub(super) fn edit_hub(state: &mut State, address: String) {
    state.models.visiting = None;
    state.models.hub_typed = address;
}

/// The person said whether the hub that was asked about is wanted.
pub(super) fn answer_question(state: &mut State, wanted: bool, effects: &mut Effects) {
    let Some(question) = state.models.question.take() else { return };
    let HubQuestion { endpoint, model, precision, asked_by } = question;
    if !wanted {
        state.announce("The other hub is not used.");
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

/// Deletes a stored model.
pub(super) fn delete(
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
    ask(state, Purpose::Models, Command::DeleteModel { name, precision }, effects);
}

/// Stops the download, throws away what there is of it, and goes on with the demo.
pub(super) fn cancel(state: &mut State, effects: &mut Effects) {
    let ModelSource::Hub(model) = &state.engine.source else { return };
    if state.engine.readiness == Readiness::Connecting {
        return;
    }
    let name = model.name.clone();
    super::abandon(state, |purpose| *purpose == Purpose::Model, effects);
    state.engine.progress = None;
    delete(state, name, state.engine.precision, effects);
    state.engine.source = ModelSource::Demo;
    state.error = None;
    state.engine.readiness = Readiness::Loading;
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
        let last = &mut state.models.remembered.last;
        last.was_ready = true;
        if let ModelSource::Hub(model) = &state.engine.source {
            // The page's address may have named it, which is as good as choosing it.
            last.name = Some(model.name.clone());
            last.files.clear();
            last.precision = state.engine.precision;
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
    state.models.remembered.last.name = None;
    state.engine.source = ModelSource::Demo;
    state.engine.readiness = Readiness::Loading;
    engine::ask_for_model(state, effects);
}

/// The access token was typed: it is for the hub at hand, and for no other.
pub(super) fn edit_token(state: &mut State, token: &str) {
    let models = &mut state.models;
    let keeps = models.keeps_token();
    let Some(origin) = models.token_origin() else { return };
    models.tokens.set(&origin, Some(token));
    if keeps {
        models.remembered.tokens.set(&origin, Some(token));
    }
}

/// The access token is to be found again by a later visit, or not.
pub(super) fn keep_token(state: &mut State, keep: bool) {
    let models = &mut state.models;
    let token = models.token_text().to_owned();
    let Some(origin) = models.token_origin() else { return };
    models.remembered.tokens.set(&origin, keep.then_some(&*token));
}

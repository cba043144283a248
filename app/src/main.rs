//! The page: its state, how it changes, how it is drawn, and the two ways to an engine.

mod action;
mod app;
mod backend;
mod chosen_files;
mod clipboard;
mod dom;
mod drafts;
mod effect;
mod elements;
mod events;
mod file_handles;
mod format;
mod keyboard;
mod labels;
mod offline;
mod scale;
mod server_probe;
mod spelling;
mod state;
mod storage;
mod update;
mod view;

use std::cell::RefCell;
use std::rc::Rc;

use protocol::ModelSource;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use app::App;
use elements::Page;
use state::{Draft, HubQuestion, LastModel, PageQuery, State};

thread_local! {
    /// The running page; it ends with the browser's page.
    static APP: RefCell<Option<Rc<App>>> = const { RefCell::new(None) };
}

fn main() {
    console_error_panic_hook::set_once();
    let started = Page::new().and_then(|page| {
        let state = first_state(&page);
        App::start(page, state)
    });
    match started {
        Ok(app) => APP.set(Some(app)),
        Err(reason) => {
            web_sys::console::error_1(
                &format!("The page is incomplete: {reason}.").into(),
            );
        }
    }
}

/// What the page begins with: the draft that this tab kept, or a worked example; and
/// the model that its address asks for.
fn first_state(page: &Page) -> State {
    let keys_off = storage::keys_off(&page.window);
    let mut state = State { keys_off, ..State::default() };
    match storage::load(&page.window) {
        Some(draft) => draft.restore(&mut state),
        None => Draft::first_visit(&mut state),
    }
    state.engine.isolated = backend::is_isolated();
    let mut remembered = storage::remembered(&page.window);
    let doubtful = remembered.take_unconfirmed_hub();
    state.models.tokens = remembered.tokens.clone();
    state.models.hub_typed = remembered.hub.clone();
    state.models.precision = remembered.last.precision;
    state.models.remembered = remembered;
    state.models.device_memory = device_memory(page);
    begin_with_last(&mut state);
    state.engine.precision = state.models.precision;
    opening(page).apply(&mut state);
    if let Some(endpoint) = doubtful.filter(|_| state.models.question.is_none()) {
        state.models.question = Some(HubQuestion::of_old_settings(endpoint));
    }
    state
}

/// Begins with the model of the last visit.
fn begin_with_last(state: &mut State) {
    let LastModel { name, files, was_ready, .. } = state.models.remembered.last.clone();
    state.models.missing_files = files;
    let Some(name) = name else { return };
    let Ok(mut source) = state.models.source(&name) else { return };
    if let ModelSource::Hub(model) = &mut source {
        // One that was whole is not downloaded again without being asked for; and nothing
        // is asked of a hub that is not the person's.
        model.stored_only = was_ready || !state.models.is_of_chosen_hub(model);
    }
    state.engine.source = source;
}

/// What the page's address asks for. A token in it is taken out of sight and history: it
/// is a server's, and whoever sent the page has seen it.
fn opening(page: &Page) -> PageQuery {
    let location = page.window.location();
    let query = location.search().unwrap_or_default();
    let query = UrlSearchParams::new_with_str(&query).ok();
    let get = |name: &str| query.as_ref().and_then(|query| query.get(name));
    if let Some(query) = query.as_ref().filter(|query| query.has("token")) {
        query.delete("token");
        let rest = String::from(query.to_string());
        let rest = if rest.is_empty() { rest } else { format!("?{rest}") };
        let path = location.pathname().unwrap_or_default();
        let clean = format!("{path}{rest}{}", location.hash().unwrap_or_default());
        if let Ok(history) = page.window.history() {
            // Refused, it stays where the person put it.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&clean));
        }
    }
    PageQuery {
        page: location.href().unwrap_or_default(),
        hub: get("hub"),
        model: get("model"),
        precision: get("precision"),
    }
}

/// The device's memory in bytes: `navigator.deviceMemory` where there is such a thing,
/// and of phones otherwise what most have at least.
fn device_memory(page: &Page) -> Option<f64> {
    let navigator: JsValue = page.window.navigator().into();
    let told = js_sys::Reflect::get(&navigator, &"deviceMemory".into()).ok();
    let told = told.and_then(|gigabytes| gigabytes.as_f64());
    let is_phone = || {
        let query = "(pointer: coarse) and (max-width: 600px)";
        let found = page.window.match_media(query).ok().flatten();
        found.is_some_and(|query| query.matches())
    };
    told.map(|gigabytes| gigabytes * 1e9).or_else(|| is_phone().then_some(2e9))
}

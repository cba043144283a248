//! The page: its state, how it changes, how it is drawn, and the two ways to an engine.

mod action;
mod app;
mod backend;
mod beside;
mod dom;
mod effect;
mod elements;
mod events;
mod files;
mod format;
mod keyboard;
mod offline;
mod scale;
mod spelling;
mod state;
mod storage;
mod update;
mod view;
mod words;

use std::cell::RefCell;
use std::rc::Rc;

use protocol::{ModelSource, Precision};
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use app::App;
use elements::Page;
use state::{Draft, State};

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
    let mut state = State::default();
    match storage::load(&page.window) {
        Some(draft) => draft.restore(&mut state),
        None => Draft::first_visit(&mut state),
    }
    state.engine.isolated = backend::is_isolated();
    let remembered = storage::remembered(&page.window);
    state.models.token = remembered.token.clone().unwrap_or_default();
    state.models.device_memory = device_memory(page);
    state.models.precision = remembered.precision;
    state.models.remembered = remembered;
    if let Some(name) = state.models.remembered.model.clone() {
        state.engine.source = state.models.source(&name);
        if let ModelSource::Hub(model) = &mut state.engine.source {
            // One that was whole is not downloaded again without being asked for.
            model.stored_only = state.models.remembered.was_ready;
        }
    }
    let query = page.window.location().search().unwrap_or_default();
    if let Ok(query) = UrlSearchParams::new_with_str(&query) {
        if let Some(hub) = query.get("hub") {
            state.models.remembered.endpoint = hub;
        }
        if let Some(name) = query.get("model").filter(|name| !name.is_empty()) {
            state.engine.source = state.models.source(&name);
        }
        let named = query.get("precision").as_deref().and_then(Precision::named);
        match named {
            Some(precision) => state.models.precision = precision,
            // Whoever names a model in the address names its precision there, too.
            None if query.get("model").is_some() => {
                state.models.precision = Precision::Auto;
            }
            None => {}
        }
    }
    state.engine.precision = state.models.precision;
    state
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

//! The state that the page begins with: what was stored, then what the page's address says.

use protocol::ModelSource;
use wasm_bindgen::JsValue;
use web_sys::UrlSearchParams;

use crate::address;
use crate::backend;
use crate::elements::Page;
use crate::past_sessions;
use crate::state::{Draft, HubQuestion, LastModel, PageQuery, State, Tool};
use crate::storage;

/// The state with the draft of this tab, or an example on a first visit, and with the model
/// of the page's address, or of the last visit.
pub(crate) fn first_state(page: &Page) -> State {
    let keys_off = storage::keys_off(&page.window);
    let mut state = State { keys_off, ..State::default() };
    match storage::load_draft(&page.window) {
        Some(draft) => draft.restore(&mut state),
        None => Draft::first_visit(&mut state),
    }
    state.engine.isolated = backend::is_isolated();
    let has_gpu = js_sys::Reflect::get(&page.window.navigator(), &"gpu".into());
    let has_gpu = has_gpu.is_ok_and(|gpu| gpu.is_truthy());
    state.engine.gpu = has_gpu.then(|| address::gpu_use(&page.window));
    let mut remembered = storage::remembered(&page.window);
    let unconfirmed = remembered.take_unconfirmed_hub();
    state.models.tokens = remembered.tokens.clone();
    state.models.hub_typed = remembered.hub.clone();
    state.models.precision = remembered.last.precision;
    state.models.remembered = remembered;
    state.models.device_memory = device_memory(page);
    choose_last_model(&mut state);
    state.engine.precision = state.models.precision;
    let embeds =
        page.root().ok().and_then(|root| root.element().get_attribute("data-embed"));
    match embeds.as_deref() {
        Some("lens") => state.tool = Some(Tool::Inside),
        Some("game") => state.tool = Some(Tool::Guess),
        _ => {}
    }
    state.sharing.reads_link = address::link(&page.window).is_some();
    state.sharing.past = past_sessions::read(&page.window);
    page_query(page).apply(&mut state);
    if let Some(endpoint) = unconfirmed.filter(|_| state.models.question.is_none()) {
        state.models.question = Some(HubQuestion::of_old_settings(endpoint));
    }
    state
}

/// Chooses the model of the last visit.
fn choose_last_model(state: &mut State) {
    let LastModel { name, files, was_ready, .. } = state.models.remembered.last.clone();
    state.models.missing_files = files;
    let Some(name) = name else { return };
    let Ok(mut source) = state.models.source(&name) else { return };
    if let ModelSource::Hub(model) = &mut source {
        // A model that was stored is not downloaded again unasked, and a hub that the person
        // has not chosen is not asked for anything.
        model.stored_only = was_ready || !state.models.is_of_chosen_hub(model);
    }
    state.engine.source = source;
}

/// What another app shares with the page, of which it has some.
const SHARED: [&str; 3] = ["text", "title", "url"];

/// The parameters of the page's address. An access token of the native server is removed from
/// the address bar and the history; the server that sent the page has seen it. So is what was
/// shared: it is the prompt now, which the person may change before loading the page again.
fn page_query(page: &Page) -> PageQuery {
    let location = page.window.location();
    let query = location.search().unwrap_or_default();
    let query = UrlSearchParams::new_with_str(&query).ok();
    let get = |name: &str| query.as_ref().and_then(|query| query.get(name));
    let shared = SHARED.into_iter().filter_map(get);
    let text = shared.into_iter().find(|text| !text.trim().is_empty());
    let token = query.as_ref().is_some_and(|query| query.has("token"));
    if let Some(query) = query.as_ref().filter(|_| token || text.is_some()) {
        ["token"].into_iter().chain(SHARED).for_each(|name| query.delete(name));
        let rest = String::from(query.to_string());
        let rest = if rest.is_empty() { rest } else { format!("?{rest}") };
        let path = location.pathname().unwrap_or_default();
        let clean = format!("{path}{rest}{}", location.hash().unwrap_or_default());
        if let Ok(history) = page.window.history() {
            // If the browser refuses, the token stays in the address.
            let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&clean));
        }
    }
    PageQuery {
        page: location.href().unwrap_or_default(),
        hub: get("hub"),
        model: get("model"),
        precision: get("precision"),
        lesson: get("lesson"),
        text,
    }
}

/// The device's memory in bytes: `navigator.deviceMemory`, or what most phones have at least.
/// None for other devices whose browser does not say.
fn device_memory(page: &Page) -> Option<f64> {
    let navigator: JsValue = page.window.navigator().into();
    let reported = js_sys::Reflect::get(&navigator, &"deviceMemory".into()).ok();
    let reported = reported.and_then(|gigabytes| gigabytes.as_f64());
    let is_phone = || {
        let query = "(pointer: coarse) and (max-width: 600px)";
        let found = page.window.match_media(query).ok().flatten();
        found.is_some_and(|query| query.matches())
    };
    reported.map(|gigabytes| gigabytes * 1e9).or_else(|| is_phone().then_some(2e9))
}

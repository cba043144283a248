//! The page: its state, how it changes, how it is drawn, and the two ways to an engine.

mod action;
mod app;
mod backend;
mod dom;
mod effect;
mod elements;
mod events;
mod format;
mod keyboard;
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
    let query = page.window.location().search().unwrap_or_default();
    if let Ok(query) = UrlSearchParams::new_with_str(&query) {
        if let Some(url) = query.get("model").filter(|url| !url.is_empty()) {
            state.engine.source = ModelSource::Address { url };
        }
        state.engine.precision = match query.get("precision").as_deref() {
            Some("f32") => Precision::F32,
            Some("q8") => Precision::Q8,
            Some("q4") => Precision::Q4,
            _ => Precision::Auto,
        };
    }
    state
}

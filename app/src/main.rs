//! The page: its state, how actions change it, how it is rendered, and the two ways to an
//! engine.

mod action;
mod address;
mod app;
mod backend;
mod by_browser;
mod chat_action;
mod chosen_files;
mod clipboard;
mod day;
mod divergence;
mod dom;
mod drafts;
mod effect;
mod elements;
mod events;
mod figures;
mod file_handles;
mod first_state;
mod format;
mod inside;
mod json;
mod json_value;
mod keyboard;
mod language;
mod language_script;
mod later_copy;
mod offline;
mod past_sessions;
mod saved_files;
mod scale;
mod server_probe;
mod sharing_worker;
mod spelling;
mod state;
mod storage;
mod surprise;
mod texts;
mod update;
mod view;

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;

use wasm_bindgen_futures::spawn_local;

use app::App;
use elements::Page;
use first_state::first_state;

/// The app with its listeners.
type Running = (Rc<App>, Vec<EventListener>);

thread_local! {
    /// Keeps the app alive until the browser's page ends.
    static RUNNING: RefCell<Option<Running>> = const { RefCell::new(None) };
    /// Waits for the click that an embedded page begins with.
    static POSTER: RefCell<Option<EventListener>> = const { RefCell::new(None) };
}

fn main() {
    console_error_panic_hook::set_once();
    if !begins_at_click().unwrap_or(false) {
        begin();
    }
}

/// Whether the page is embedded and begins with a click on its poster.
fn begins_at_click() -> Result<bool, String> {
    let page = Page::new()?;
    let root = page.root()?;
    let waits = root.element().has_attribute("data-poster");
    if waits {
        let click =
            EventListener::once(page.slot("poster")?.element(), "click", move |_| {
                dom::remove(root.element(), "data-poster");
                begin();
            });
        POSTER.set(Some(click));
    }
    Ok(waits)
}

fn begin() {
    spawn_local(async {
        let texts = language_script::ready().await.as_string().unwrap_or_default();
        let right_to_left = language_script::is_right_to_left();
        language::install(texts, &language_script::code(), right_to_left);
        run();
    });
}

fn run() {
    match start() {
        Ok(running) => RUNNING.set(Some(running)),
        Err(reason) => {
            web_sys::console::error_1(
                &format!("The page is incomplete: {reason}.").into(),
            );
        }
    }
}

fn start() -> Result<Running, String> {
    let page = Page::new()?;
    let app = App::start(page.clone(), first_state(&page))?;
    let listeners = events::listen(&page, &app);
    Ok((app, listeners))
}

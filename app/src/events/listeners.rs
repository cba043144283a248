//! The listeners of the page: one for each kind of event, on the whole document. Each turns
//! its event into an action.

use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Event, EventTarget, PageTransitionEvent, StorageEvent};

use super::clicks::action_of_click;
use super::drags::{on_pointer_down, on_pointer_move, on_pointer_up};
use super::fields::action_of_edit;
use super::keys::{on_key_down, on_key_up};
use super::targets::{inspected, row_of, target};
use crate::action::Action;
use crate::address;
use crate::app::App;
use crate::chosen_files;
use crate::elements::Page;
use crate::file_handles;
use crate::state::SharingAction;
use crate::storage;

/// Adds all listeners. Dropping them removes them.
pub(crate) fn listen(page: &Page, app: &Rc<App>) -> Vec<EventListener> {
    let on = |target: &EventTarget, kind: &'static str, take: fn(&App, &Event)| {
        let app = app.clone();
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(target, kind, options, move |event| {
            take(&app, event);
        })
    };
    let (document, window) = (&page.document, &page.window);
    let closing = app.clone();
    // The close of a dialog does not bubble, so it is captured.
    let capture = EventListenerOptions::run_in_capture_phase();
    let on_close =
        EventListener::new_with_options(document, "close", capture, move |event| {
            closing.dispatch(action_of_close(event));
        });
    vec![
        on(document, "click", on_click),
        // Browsers that fill in a field may have a change event only.
        on(document, "input", on_edit),
        on(document, "change", on_edit),
        on(document, "keydown", on_key_down),
        on(document, "keyup", on_key_up),
        on(document, "focusin", on_focus),
        on(document, "pointerdown", on_pointer_down),
        on(document, "pointermove", on_pointer_move),
        on(document, "pointerup", on_pointer_up),
        on(document, "pointercancel", on_pointer_up),
        on(document, "mouseover", |app, event| {
            app.inspect(target(event).and_then(|target| inspected(&target)));
        }),
        // Otherwise the browser would show a dropped file instead of the page.
        on(document, "dragover", |_, event| {
            if chosen_files::carries_files(event) {
                event.prevent_default();
            }
        }),
        on(document, "drop", on_drop),
        on_close,
        on(window, "storage", |app, event| {
            let event = event.dyn_ref::<StorageEvent>();
            if event.is_some_and(|event| storage::is_remembered(event.key().as_deref())) {
                app.on_stored_elsewhere();
            }
        }),
        on(window, "hashchange", |app, _| {
            if let Some(link) = address::link(app.window()) {
                app.dispatch(Action::Sharing(SharingAction::OpenLink(link)));
            }
        }),
        on(window, "beforeunload", |app, _| app.save_before_leaving()),
        on(window, "pagehide", |app, _| app.leave()),
        on(window, "pageshow", |app, event| {
            // The browser shows the page again as it was left, without its engine.
            let event = event.dyn_ref::<PageTransitionEvent>();
            if event.is_some_and(PageTransitionEvent::persisted) {
                app.dispatch(Action::Restart);
            }
        }),
    ]
}

fn on_click(app: &App, event: &Event) {
    let Some(target) = target(event) else { return };
    // The dialog of a file field gives out no handles.
    if target.id() == "model-files" && app.pick_files() {
        event.prevent_default();
    }
    if let Some(action) = action_of_click(&target) {
        app.dispatch(action);
    }
}

fn on_edit(app: &App, event: &Event) {
    let Some(action) = target(event).and_then(|target| action_of_edit(&target)) else {
        return;
    };
    if matches!(&action, Action::ChooseFiles(files) if !files.is_empty()) {
        // These files come without handles.
        file_handles::forget(app.window());
    }
    app.dispatch(action);
}

fn on_focus(app: &App, event: &Event) {
    if let Some(row) = target(event).and_then(|target| row_of(&target)) {
        app.dispatch(Action::SelectRow(row));
    }
}

fn on_drop(app: &App, event: &Event) {
    let files = chosen_files::dropped_files(event);
    if !files.is_empty() {
        event.prevent_default();
        file_handles::keep_dropped(app.window(), event);
        app.dispatch(Action::ChooseFiles(files));
    }
}

fn action_of_close(event: &Event) -> Action {
    let id = target(event).map(|dialog| dialog.id()).unwrap_or_default();
    match id.as_str() {
        "models" => Action::ShowPicker(false),
        "hub-question" => Action::AnswerHubQuestion(false),
        _ => Action::ShowHelp(false),
    }
}

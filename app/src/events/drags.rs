//! Dragging, by mouse, pen or finger: the sheet of a narrow screen, and the line between the
//! text and the open tool.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, PointerEvent};

use super::targets::{closest, target};
use crate::action::Action;
use crate::app::App;

/// Takes a pointer that goes down. What can be dragged keeps the pointer until it goes up.
pub(super) fn on_pointer_down(_: &App, event: &Event) {
    let (Some(pointer), Some(pressed)) = (event.dyn_ref::<PointerEvent>(), target(event))
    else {
        return;
    };
    // What is inside and has a use of its own is used.
    let is_used = closest(&pressed, "button, input, select").is_some();
    if let Some(held) = closest(&pressed, "[data-drag]").filter(|_| !is_used) {
        // Without capture, the drag ends where the pointer leaves the element.
        let _ = held.set_pointer_capture(pointer.pointer_id());
    }
}

/// Takes a pointer that moves.
pub(super) fn on_pointer_move(app: &App, event: &Event) {
    let Some((held, pointer)) = held(event) else { return };
    let Some(place) = place(&held) else { return };
    let from_top = (f64::from(pointer.client_y()) - place.0) / place.1.max(1.0);
    app.dispatch(match held.get_attribute("data-drag").as_deref() {
        Some("sheet") => Action::HoldSheet((1.0 - from_top) as f32),
        _ => Action::SetTextRoom(from_top as f32),
    });
}

/// Takes a pointer that goes up, or that the browser takes over.
pub(super) fn on_pointer_up(app: &App, event: &Event) {
    if held(event).is_some() {
        app.dispatch(Action::ReleaseSheet);
    }
}

/// The element that a pointer drags.
fn held(event: &Event) -> Option<(Element, PointerEvent)> {
    let pointer = event.dyn_ref::<PointerEvent>()?;
    let held = target(event).filter(|target| target.has_attribute("data-drag"))?;
    held.has_pointer_capture(pointer.pointer_id()).then(|| (held, pointer.clone()))
}

/// The top and the height of the room in which an element is dragged, in pixels.
fn place(held: &Element) -> Option<(f64, f64)> {
    let document = held.owner_document()?;
    let edges = |selector: &str| {
        let found = document.query_selector(selector).ok().flatten()?;
        let found = found.get_bounding_client_rect();
        Some((found.top(), found.bottom()))
    };
    let (top, bottom) = match held.get_attribute("data-drag")?.as_str() {
        "sheet" => edges("#main")?,
        _ => (edges(".text")?.0, edges(".tools")?.1),
    };
    Some((top, bottom - top))
}

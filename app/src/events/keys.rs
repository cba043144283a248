//! Keys: presses of elements that act as buttons, groups of buttons that the arrow keys walk,
//! and the keys of [`crate::keyboard`].

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlInputElement, KeyboardEvent};

use super::clicks::action_of_click;
use super::targets::{closest, number, reply_token_of, row_of, target};
use crate::action::Action;
use crate::app::App;
use crate::dom;
use crate::keyboard::{self, Key, KeyContext};

/// Takes a key that goes down.
pub(super) fn on_key_down(app: &App, event: &Event) {
    let (Some(event), Some(target)) = (event.dyn_ref::<KeyboardEvent>(), target(event))
    else {
        return;
    };
    let key = Key {
        name: event.key(),
        control: event.ctrl_key() || event.meta_key(),
        shift: event.shift_key(),
        alt: event.alt_key(),
        composing: event.is_composing(),
    };
    if let Some(by) = resizes_text(&target, &key) {
        event.prevent_default();
        app.dispatch(Action::ChangeTextRoom(by));
        return;
    }
    let context = key_context(&target);
    // Tokens are no buttons, so the browser does not click them by these keys.
    let clicks = matches!(key.name.as_str(), "Enter" | " ")
        && matches!(context, KeyContext::Token(_) | KeyContext::ReplyToken(_))
        && !key.control;
    if !clicks && moves_in_group(&target, &key) {
        event.prevent_default();
        return;
    }
    let action = match clicks {
        true => action_of_click(&target),
        false => keyboard::action(&key, context, &app.state()),
    };
    if clicks || action.is_some() {
        event.prevent_default();
    }
    if let Some(action) = action {
        app.dispatch(action);
    }
}

/// Takes a key that comes up. A row is a button, which the space bar would click then.
pub(super) fn on_key_up(app: &App, event: &Event) {
    let space = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == " ");
    if space
        && target(event).is_some_and(|target| row_of(&target).is_some())
        && keyboard::space_plays(&app.state())
    {
        event.prevent_default();
    }
}

/// How much more room a key gives the text, on the line between it and the open tool.
fn resizes_text(target: &Element, key: &Key) -> Option<f32> {
    if target.id() != "text-divider" || key.control || key.alt {
        return None;
    }
    Some(match key.name.as_str() {
        "ArrowUp" => -0.05,
        "ArrowDown" => 0.05,
        "Home" => -1.0,
        "End" => 1.0,
        _ => return None,
    })
}

/// Moves the focus within a group of buttons of which Tab reaches one. False if the element
/// is in no such group, or the key does not move the focus.
fn moves_in_group(target: &Element, key: &Key) -> bool {
    let by = match key.name.as_str() {
        _ if key.control || key.alt || key.shift => return false,
        "ArrowLeft" | "ArrowUp" => -1,
        "ArrowRight" | "ArrowDown" => 1,
        "Home" => i32::MIN,
        "End" => i32::MAX,
        _ => return false,
    };
    closest(target, "[data-roving]").is_some_and(|group| dom::rove(&group, target, by))
}

/// Where the focus is, as the keyboard distinguishes it.
fn key_context(target: &Element) -> KeyContext {
    match target.id().as_str() {
        "prompt" => return KeyContext::Prompt,
        "chat-input" => return KeyContext::ChatInput,
        "native-address" => return KeyContext::Address,
        "words-query" => return KeyContext::Word,
        "tab-explorer" | "tab-chat" => return KeyContext::Tab,
        _ => {}
    }
    if target.class_name() == "edit-box" {
        return KeyContext::ChatEdit;
    }
    let kind = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_);
    match (target.tag_name().as_str(), kind.as_deref()) {
        // Sliders and checkboxes have keys of their own.
        (_, Some("range" | "checkbox")) => return KeyContext::Elsewhere,
        ("INPUT" | "TEXTAREA" | "SELECT", _) => return KeyContext::Field,
        _ => {}
    }
    if let Some(row) = row_of(target) {
        return KeyContext::Row(row);
    }
    if let Some(token) = closest(target, "[data-action=token]") {
        return number(&token, "data-token-index")
            .map_or(KeyContext::Region, KeyContext::Token);
    }
    if let Some(token) = reply_token_of(target) {
        return KeyContext::ReplyToken(token);
    }
    if closest(target, "#chat-panel").is_some() {
        return KeyContext::Chat;
    }
    match closest(target, "[data-keys]") {
        None => KeyContext::Elsewhere,
        Some(_) if matches!(target.tag_name().as_str(), "BUTTON" | "SUMMARY" | "A") => {
            KeyContext::Button
        }
        Some(_) => KeyContext::Region,
    }
}

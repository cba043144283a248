//! What the browser tells, as actions: one listener for each kind of event, on the whole
//! document.

use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use protocol::Precision;
use wasm_bindgen::JsCast;
use web_sys::{
    Element, Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
    KeyboardEvent, PageTransitionEvent, StorageEvent,
};

use crate::action::Action;
use crate::chosen_files;
use crate::dom;
use crate::elements::Page;
use crate::keyboard::{Key, KeyContext};
use crate::state::{BackendKind, ChatToken, Inspected, Knob, Scale, Tab};
use crate::storage;

/// Where actions go. Keys go with where they were pressed; true if one was taken.
pub(crate) trait Sink {
    /// Something happened.
    fn dispatch(&self, action: Action);
    /// A key went down.
    fn key(&self, key: &Key, place: KeyContext) -> bool;
    /// Whether the space bar plays, in place of pressing the row that has the focus.
    fn space_plays(&self) -> bool;
    /// The page goes away: for good, or until a person comes back to it.
    fn leaving(&self);
    /// The page is shown again as it was left.
    fn back(&self);
    /// Files were dropped on the page.
    fn files_dropped(&self, event: &Event);
    /// Lets the person choose files; false if the browser is to do it in its own way.
    fn pick_files(&self) -> bool;
    /// Files were chosen that will not be found again.
    fn files_without_handles(&self);
    /// Another tab changed what is stored.
    fn stored_elsewhere(&self);
}

/// Hears everything; the listeners go when they are dropped.
pub(crate) fn listen(page: &Page, sink: Rc<dyn Sink>) -> Vec<EventListener> {
    let mut listeners = Vec::new();
    let mut on = |kind: &'static str, take: fn(&dyn Sink, &Event)| {
        let sink = sink.clone();
        let options = EventListenerOptions::enable_prevent_default();
        let document = &page.document;
        listeners.push(EventListener::new_with_options(
            document,
            kind,
            options,
            move |event| take(&*sink, event),
        ));
    };
    on("click", |sink, event| {
        let Some(target) = target(event) else { return };
        // The browser's own dialog of a file field gives out no handles.
        if target.id() == "model-files" && sink.pick_files() {
            event.prevent_default();
        }
        dispatch(sink, clicked(&target));
    });
    // What is not typed, but filled in by a program, may tell of its change only.
    for kind in ["input", "change"] {
        on(kind, |sink, event| {
            let action = target(event).and_then(|target| edited(&target));
            if matches!(&action, Some(Action::ChooseFiles(files)) if !files.is_empty()) {
                sink.files_without_handles();
            }
            dispatch(sink, action);
        });
    }
    on("keydown", key_down);
    on("keyup", key_up);
    on("focusin", |sink, event| {
        let row = target(event).and_then(|target| row_of(&target));
        dispatch(sink, row.map(Action::SelectRow));
    });
    on("mouseover", |sink, event| {
        let inspected = target(event).and_then(|target| inspected(&target));
        sink.dispatch(Action::Inspect(inspected));
    });
    // Without these, the browser would show a dropped file in place of the page.
    on("dragover", |_, event| {
        if chosen_files::carries_files(event) {
            event.prevent_default();
        }
    });
    on("drop", |sink, event| {
        let files = chosen_files::dropped_files(event);
        if !files.is_empty() {
            event.prevent_default();
            sink.files_dropped(event);
            sink.dispatch(Action::ChooseFiles(files));
        }
    });
    let closing = sink.clone();
    // A dialog's close does not bubble: it is caught on its way down.
    listeners.push(EventListener::new_with_options(
        &page.document,
        "close",
        EventListenerOptions::run_in_capture_phase(),
        move |event| {
            let id = target(event).map(|dialog| dialog.id()).unwrap_or_default();
            closing.dispatch(match id.as_str() {
                "models" => Action::Models(false),
                "hub-question" => Action::AnswerHubQuestion(false),
                _ => Action::Help(false),
            });
        },
    ));
    let other_tabs = sink.clone();
    listeners.push(EventListener::new(&page.window, "storage", move |event| {
        let event = event.dyn_ref::<StorageEvent>();
        if event.is_some_and(|event| storage::is_remembered(event.key().as_deref())) {
            other_tabs.stored_elsewhere();
        }
    }));
    let back = sink.clone();
    listeners.push(EventListener::new(&page.window, "pagehide", move |_| sink.leaving()));
    listeners.push(EventListener::new(&page.window, "pageshow", move |event| {
        let event = event.dyn_ref::<PageTransitionEvent>();
        if event.is_some_and(PageTransitionEvent::persisted) {
            back.back();
        }
    }));
    listeners
}

fn dispatch(sink: &dyn Sink, action: Option<Action>) {
    if let Some(action) = action {
        sink.dispatch(action);
    }
}

fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

fn number(element: &Element, attribute: &str) -> Option<usize> {
    element.get_attribute(attribute)?.parse().ok()
}

/// What a click asks for.
fn clicked(target: &Element) -> Option<Action> {
    let element = closest(target, "[data-action]")?;
    if element.get_attribute("aria-disabled").is_some_and(|disabled| disabled == "true") {
        return None;
    }
    let named = || closest(&element, "[data-model]")?.get_attribute("data-model");
    let stored_in = || {
        let place = closest(&element, "[data-precision]")?;
        Precision::named(&place.get_attribute("data-precision")?)
    };
    let exchange = || number(&closest(&element, "[data-exchange]")?, "data-exchange");
    Some(match element.get_attribute("data-action")?.as_str() {
        "tab-explorer" => Action::ShowTab(Tab::Explorer),
        "tab-chat" => Action::ShowTab(Tab::Chat),
        "start" => Action::Start,
        "example" => Action::Example(element.get_attribute("data-prompt")?),
        "pick" => Action::Pick(row_of(&element)?),
        "greedy" => Action::Greedy,
        "sample" => Action::Sample,
        "play" => Action::Play,
        "stop" => Action::Stop,
        "undo" => Action::Undo,
        "redo" => Action::Redo,
        "reset" => Action::Reset,
        "token" => Action::LookBack(number(&element, "data-token-index")?),
        "return" => Action::Return,
        "copy" => Action::CopyText,
        "copy-reply" => Action::CopyReply(exchange()?),
        "reroll" => Action::Reroll,
        "scale-linear" => Action::SetScale(Scale::Linear),
        "scale-relative" => Action::SetScale(Scale::Relative),
        "scale-log" => Action::SetScale(Scale::Log),
        "chat-send" => Action::Send,
        "chat-stop" => Action::StopChat,
        "chat-clear" => Action::ClearChat,
        "bring-back-chat" => Action::BringBackChat,
        "reply-token" => Action::LookAtReply(reply_token(&element)?),
        "variant-earlier" => Action::Variant(-1),
        "variant-later" => Action::Variant(1),
        "open-in-explorer" => Action::OpenInExplorer(exchange()?),
        "backend-worker" => Action::UseBackend(BackendKind::Worker),
        "backend-native" => Action::UseBackend(BackendKind::Native),
        "connect" => Action::Connect,
        "restart" => Action::Restart,
        "use-demo" => Action::UseDemo,
        "models" => Action::Models(true),
        "close-models" => Action::Models(false),
        "use-hub" => Action::AnswerHubQuestion(true),
        "stay-with-hub" => Action::AnswerHubQuestion(false),
        "choose-typed" => Action::ChooseTyped,
        "choose" => Action::Choose(named()?, stored_in()),
        "delete-model" => Action::DeleteModel(named()?, stored_in()?),
        "cancel-download" => Action::CancelDownload,
        "dismiss-notice" => Action::DismissNotice,
        "dismiss" => Action::Dismiss,
        "help" => Action::Help(true),
        "close-help" => Action::Help(false),
        _ => return None,
    })
}

/// What was typed or turned.
fn edited(target: &Element) -> Option<Action> {
    let value = value_of(target)?;
    if let Some(field) = target.get_attribute("data-field") {
        return Some(match field.as_str() {
            "prompt" => Action::EditPrompt(value),
            "chat" => Action::EditChat(value),
            "address" => Action::EditAddress(value),
            "model" => Action::EditModel(value),
            "token" => Action::EditToken(value),
            "hub" => Action::EditHub(value),
            "precision" => Action::SetPrecision(Precision::named(&value)?),
            "keys" => Action::UseKeys(target.dyn_ref::<HtmlInputElement>()?.checked()),
            "keep-token" => {
                let ticked = target.dyn_ref::<HtmlInputElement>()?.checked();
                Action::KeepToken(ticked)
            }
            "files" => {
                let input = target.dyn_ref::<HtmlInputElement>()?;
                let files = chosen_files::local_files(&input.files()?);
                // The same file can be chosen again.
                input.set_value("");
                Action::ChooseFiles(files)
            }
            _ => return None,
        });
    }
    let knob = match target.get_attribute("data-knob")?.as_str() {
        "rows" => Knob::Rows,
        "temperature" => Knob::Temperature,
        "chat-temperature" => Knob::ChatTemperature,
        "top-k" => Knob::TopK,
        "top-p" => Knob::TopP,
        "min-p" => Knob::MinP,
        "seed" => Knob::Seed,
        "max-new-tokens" => Knob::MaxNewTokens,
        "pace" => Knob::Pace,
        _ => return None,
    };
    // A number that is being typed may be none yet.
    Some(Action::Turn(knob, value.parse().ok()?))
}

fn value_of(element: &Element) -> Option<String> {
    if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
        Some(input.value())
    } else if let Some(area) = element.dyn_ref::<HtmlTextAreaElement>() {
        Some(area.value())
    } else {
        element.dyn_ref::<HtmlSelectElement>().map(HtmlSelectElement::value)
    }
}

fn reply_token(element: &Element) -> Option<ChatToken> {
    let token = closest(element, "[data-action=reply-token]")?;
    Some(ChatToken {
        exchange: number(&closest(&token, "[data-exchange]")?, "data-exchange")?,
        token: number(&token, "data-token-index")?,
    })
}

fn row_of(element: &Element) -> Option<usize> {
    number(&closest(element, "[data-rank]")?, "data-rank")?.checked_sub(1)
}

fn inspected(target: &Element) -> Option<Inspected> {
    if let Some(row) = row_of(target) {
        return Some(Inspected::Row(row));
    }
    let token = closest(target, "[data-action=token]")?;
    number(&token, "data-token-index").map(Inspected::Token)
}

fn key_down(sink: &dyn Sink, event: &Event) {
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
    let place = place(&target);
    // What is no real button has to be pressed by hand.
    let pressed = matches!(key.name.as_str(), "Enter" | " ")
        && matches!(place, KeyContext::Token(_) | KeyContext::ReplyToken(_))
        && !key.control;
    if pressed {
        dispatch(sink, clicked(&target));
    }
    if pressed || roved(&target, &key) || sink.key(&key, place) {
        event.prevent_default();
    }
}

/// Moves the focus within a group of buttons that is one stop of Tab.
fn roved(target: &Element, key: &Key) -> bool {
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

/// A row is a button: the space bar would press it when it comes up again.
fn key_up(sink: &dyn Sink, event: &Event) {
    let space = event.dyn_ref::<KeyboardEvent>().is_some_and(|event| event.key() == " ");
    if space
        && target(event).is_some_and(|target| row_of(&target).is_some())
        && sink.space_plays()
    {
        event.prevent_default();
    }
}

fn place(target: &Element) -> KeyContext {
    match target.id().as_str() {
        "prompt" => return KeyContext::Prompt,
        "chat-input" => return KeyContext::ChatInput,
        "native-address" => return KeyContext::Address,
        "tab-explorer" | "tab-chat" => return KeyContext::Tab,
        _ => {}
    }
    let kind = target.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_);
    match (target.tag_name().as_str(), kind.as_deref()) {
        // A slider's and a tick's keys are its own.
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
    if let Some(token) = reply_token(target) {
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

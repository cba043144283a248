//! The worker that makes and reads what leaves the page. It is no part of what a visitor
//! downloads before the page works: the page starts it when something is shared or opened, asks
//! once, and ends it. What it does is in `sharing`.

use gloo_events::EventListener;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let port = scope.clone();
    let messages = EventListener::new(&scope, "message", move |event| {
        let asked = event.dyn_ref::<MessageEvent>().map(MessageEvent::data);
        if let Some(asked) = asked.and_then(|asked| asked.as_string()) {
            post(&port, &sharing::answer(&asked).into());
        }
    });
    // It listens as long as the worker lives.
    std::mem::forget(messages);
    // Earlier messages would be lost.
    post(&scope, &JsValue::NULL);
}

fn post(scope: &DedicatedWorkerGlobalScope, message: &JsValue) {
    let posted = scope.post_message(message);
    debug_assert!(posted.is_ok(), "texts can be posted");
}

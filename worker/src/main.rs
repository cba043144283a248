//! The Web Worker: carries messages between the page and the engine, and fetches model
//! files. What the engine does is not decided here.

mod clock;
mod download;
mod gpu;
mod js_error;
mod loader;
mod memory;
mod models;
mod post;
mod session;
mod shell;
mod storage;
mod streamed;
#[cfg(target_feature = "atomics")]
mod threads;
mod turn;

use std::rc::Rc;

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, PromiseRejectionEvent};

use js_error::describe;
use shell::Shell;

/// With threads, every one of them comes by here, so the script says who begins.
fn main() {
    #[cfg(not(target_feature = "atomics"))]
    begin();
}

/// Begins to serve the page.
#[cfg_attr(target_feature = "atomics", wasm_bindgen::prelude::wasm_bindgen)]
pub fn begin() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        post::died("The engine met a fault in itself.");
    }));
    match Shell::start(scope.clone()) {
        Ok(shell) => {
            listen(&scope, shell);
            post::listening();
        }
        Err(error) => post::died(&describe(&error)),
    }
}

/// Hears the page, and faults that no one else would. The listeners live as long as the
/// worker, so they are handed to the runtime for good.
fn listen(scope: &DedicatedWorkerGlobalScope, shell: Rc<Shell>) {
    let messages = EventListener::new(scope, "message", move |event| {
        if let Some(message) = event.dyn_ref::<MessageEvent>() {
            shell.receive(message.data());
        }
    });
    // A trap inside of a future (out of memory, say) rejects a promise of the runtime.
    let rejections = EventListener::new(scope, "unhandledrejection", |event| {
        if let Some(rejection) = event.dyn_ref::<PromiseRejectionEvent>() {
            post::died(&describe(&rejection.reason()));
        }
    });
    std::mem::forget((messages, rejections));
}

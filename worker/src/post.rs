//! Messages from the worker to its page.

use protocol::{ErrorCode, Event, Failure, FromWorker, Reply, RequestId};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::DedicatedWorkerGlobalScope;

/// Posts a reply to a request of the page.
pub(crate) fn reply(reply: Reply) {
    post(&FromWorker::Reply { reply });
}

/// Tells the page that a request has failed.
pub(crate) fn fail(id: RequestId, code: ErrorCode, message: String) {
    let failure = Failure { code, message, hint: None };
    reply(Reply { id, event: Event::Failed(failure) });
}

/// Tells the page that the worker hears its messages from now on.
pub(crate) fn listening() {
    post(&FromWorker::Listening { build: build().into() });
}

/// Tells the page that this worker cannot go on.
pub(crate) fn died(message: &str) {
    post(&FromWorker::Died { message: message.into() });
}

/// What this build of the engine uses, for people.
pub(crate) fn build() -> &'static str {
    match (cfg!(target_feature = "atomics"), kernels::has_relaxed_simd()) {
        (true, true) => "WebAssembly, relaxed SIMD",
        (true, false) => "WebAssembly, SIMD and threads",
        (false, _) => "WebAssembly, SIMD",
    }
}

fn post(message: &FromWorker) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let posted = message
        .serialize(&Serializer::json_compatible())
        .map_err(JsValue::from)
        .and_then(|value| scope.post_message(&value));
    if let Err(error) = posted {
        // Only a fault in the browser could make a plain object impossible to post.
        web_sys::console::error_1(&error);
    }
}

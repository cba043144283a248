//! Asks the worker that makes and reads what is shared. It is started for each question and
//! ended after its answer, so the page has none of it in its own program.
#![allow(
    clippy::disallowed_types,
    reason = "each promise is awaited where it is made, so no rejection goes uncaught"
)]

use js_sys::Promise;
use protocol::Reply;
use sharing::Request;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::elements::Page;
use crate::state::{Answer, Session, read_answer, write_request};

/// The script that starts the worker.
const LOADER: &str = "sharing-worker_loader.js";

/// The answer to a question; none if the worker cannot be started.
pub(crate) async fn ask(page: &Page, request: &Request<Session>) -> Option<Answer> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let script = format!("{}{LOADER}", page.worker_folder().0);
    let worker = Worker::new_with_options(&script, &options).ok()?;
    let answer = exchange(&worker, &write_request(request)).await;
    worker.terminate();
    let event = |reply: &str| crate::json::read::<Reply>(reply).map(|reply| reply.event);
    read_answer(&answer.ok()?.as_string()?, event)
}

async fn exchange(worker: &Worker, request: &str) -> Result<JsValue, JsValue> {
    // Its first message says that it listens.
    next(worker).await?;
    worker.post_message(&request.into())?;
    next(worker).await
}

/// The next message of a worker.
async fn next(worker: &Worker) -> Result<JsValue, JsValue> {
    let message = Promise::new(&mut |resolve, reject| {
        worker.set_onmessage(Some(&resolve));
        worker.set_onerror(Some(&reject));
    });
    let event: MessageEvent = JsFuture::from(message).await?.dyn_into()?;
    Ok(event.data())
}

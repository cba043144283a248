//! The engine in a Web Worker.

use gloo_events::EventListener;
use protocol::{FromWorker, Request};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    BroadcastChannel, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType,
};

use super::{Backend, LinkEvent, Listener};

/// The script that starts the widest build of the worker.
const WIDEST: &str = "worker_loader.js";

/// The script that starts the fastest build, or the widest where that does not run.
const FASTEST: &str = "worker_fast_loader.js";

/// Threads need memory that workers share, and pages get that only in isolation.
fn script() -> &'static str {
    match is_isolated() {
        true => FASTEST,
        false => WIDEST,
    }
}

/// Whether the page is isolated from other sites.
pub(crate) fn is_isolated() -> bool {
    let isolated = js_sys::Reflect::get(&js_sys::global(), &"crossOriginIsolated".into());
    isolated.is_ok_and(|isolated| isolated.is_truthy())
}

/// A running worker; dropping it ends the worker.
pub(super) struct WorkerBackend {
    worker: Worker,
    listener: Listener,
    /// Where the worker's threads tell of their end. The worker cannot: it may wait for
    /// them, and hears no one then.
    deaths: BroadcastChannel,
    _listeners: [EventListener; 4],
}

impl WorkerBackend {
    pub(super) fn start(
        folder: &str,
        listener: Listener,
    ) -> Result<WorkerBackend, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let name = name();
        options.set_name(&name);
        let deaths = BroadcastChannel::new(&name).map_err(|error| describe(&error))?;
        let script = format!("{folder}{}", script());
        let worker = Worker::new_with_options(&script, &options)
            .map_err(|error| describe(&error))?;
        let hear = |target: &web_sys::EventTarget| {
            let tell = listener.clone();
            EventListener::new(target, "message", move |event| {
                if let Some(message) = event.dyn_ref::<MessageEvent>() {
                    tell(read(message.data()));
                }
            })
        };
        let (messages, ends) = (hear(&worker), hear(&deaths));
        let tell = listener.clone();
        let errors = EventListener::new(&worker, "error", move |event| {
            // A script that cannot be fetched gives an event without a message.
            let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let reason = reason.filter(|reason| !reason.is_empty());
            tell(LinkEvent::Died(
                reason.unwrap_or_else(|| "its program could not be loaded".into()),
            ));
        });
        let tell = listener.clone();
        let broken = EventListener::new(&worker, "messageerror", move |_| {
            tell(LinkEvent::Died("a message could not be read".into()));
        });
        let _listeners = [messages, ends, errors, broken];
        Ok(WorkerBackend { worker, listener, deaths, _listeners })
    }
}

impl Backend for WorkerBackend {
    fn send(&self, request: &Request) {
        let posted = request
            .serialize(&Serializer::json_compatible())
            .map_err(JsValue::from)
            .and_then(|message| self.worker.post_message(&message));
        if let Err(error) = posted {
            (self.listener)(LinkEvent::Died(describe(&error)));
        }
    }
}

impl Drop for WorkerBackend {
    fn drop(&mut self) {
        self.worker.terminate();
        self.deaths.close();
    }
}

/// A name that no other worker of this site has.
fn name() -> String {
    let part = || (js_sys::Math::random() * 2f64.powi(52)) as u64;
    format!("engine-{:x}-{:x}", part(), part())
}

fn read(message: JsValue) -> LinkEvent {
    match serde_wasm_bindgen::from_value(message) {
        Ok(FromWorker::Listening { .. }) => LinkEvent::Open,
        Ok(FromWorker::Reply { reply }) => LinkEvent::Reply(Box::new(reply)),
        Ok(FromWorker::Died { message }) => LinkEvent::Died(message),
        Err(error) => LinkEvent::Died(format!("its message was not understood: {error}")),
    }
}

fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => "the browser refused it".into(),
    }
}

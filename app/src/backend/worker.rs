//! The engine in a Web Worker of this page.

use gloo_events::EventListener;
use protocol::Request;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    BroadcastChannel, ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType,
};

use super::link::{Backend, LinkEvent, Listener, NoBackend, read_reply};
use crate::address;
use crate::state::GpuUse;
use crate::texts::engine as texts;

/// The script that starts the build that all browsers run.
const BASE_LOADER: &str = "worker_loader.js";

/// The script that starts the fast build, or the other one where the fast one does not run.
const FAST_LOADER: &str = "worker_fast_loader.js";

/// The loader for this page. Threads need shared memory, which only isolated pages have.
fn script() -> &'static str {
    match is_isolated() {
        true => FAST_LOADER,
        false => BASE_LOADER,
    }
}

/// Whether the page is cross-origin isolated.
pub(crate) fn is_isolated() -> bool {
    let isolated = js_sys::Reflect::get(&js_sys::global(), &"crossOriginIsolated".into());
    isolated.is_ok_and(|isolated| isolated.is_truthy())
}

/// Starts the engine in a worker whose files are in `folder`. With `gpu_again`, it also tries a
/// GPU that computed other numbers before.
pub(crate) fn start_worker(
    folder: &str,
    gpu_again: bool,
    listener: Listener,
) -> Box<dyn Backend> {
    match WorkerBackend::start(folder, gpu_again, listener.clone()) {
        Ok(backend) => Box::new(backend),
        Err(reason) => {
            listener(LinkEvent::Died(reason));
            Box::new(NoBackend)
        }
    }
}

/// A running worker. Dropping it ends the worker.
struct WorkerBackend {
    worker: Worker,
    listener: Listener,
    /// The channel on which the worker's threads report their death. The worker may wait for
    /// them and takes no messages then.
    deaths: BroadcastChannel,
    _listeners: [EventListener; 4],
}

impl WorkerBackend {
    fn start(
        folder: &str,
        gpu_again: bool,
        listener: Listener,
    ) -> Result<WorkerBackend, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let name = name(gpu_again);
        options.set_name(&name);
        let deaths = BroadcastChannel::new(&name).map_err(|error| describe(&error))?;
        let script = format!("{folder}{}", script());
        let worker = Worker::new_with_options(&script, &options)
            .map_err(|error| describe(&error))?;
        let messages_of = |target: &web_sys::EventTarget| {
            let report = listener.clone();
            EventListener::new(target, "message", move |event| {
                if let Some(message) = event.dyn_ref::<MessageEvent>() {
                    report(read(message.data()));
                }
            })
        };
        let (messages, ends) = (messages_of(&worker), messages_of(&deaths));
        let report = listener.clone();
        let errors = EventListener::new(&worker, "error", move |event| {
            // The event of a script that cannot be fetched has no message.
            let reason = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message);
            let reason = reason.filter(|reason| !reason.is_empty());
            report(LinkEvent::Died(reason.unwrap_or_else(|| texts::NOT_LOADED.into())));
        });
        let report = listener.clone();
        let broken = EventListener::new(&worker, "messageerror", move |_| {
            report(LinkEvent::Died(texts::UNREADABLE.into()));
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

/// A name that no other worker of this site has. It also tells the worker that the page's
/// address asks for a GPU: a query would make another file of its script.
fn name(gpu_again: bool) -> String {
    let part = || (js_sys::Math::random() * 2f64.powi(52)) as u64;
    let gpu = web_sys::window().map(|window| address::gpu_use(&window));
    let device = match gpu.unwrap_or_default() {
        GpuUse::On => "gpu-",
        GpuUse::IfFaster => "auto-",
        GpuUse::Off => "",
    };
    let again = if gpu_again { "again-" } else { "" };
    format!("engine-{device}{again}{:x}-{:x}", part(), part())
}

fn read(message: JsValue) -> LinkEvent {
    // A `FromWorker`, read by hand: an event within another enum would be read by code of its
    // own, which is much of the page's size.
    let field = |name: &str| js_sys::Reflect::get(&message, &name.into());
    let field = |name: &str| field(name).unwrap_or(JsValue::UNDEFINED);
    match field("type").as_string().as_deref() {
        Some("listening") => LinkEvent::Open,
        Some("died") => LinkEvent::Died(field("message").as_string().unwrap_or_default()),
        _ => read_reply(field("reply")),
    }
}

fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => "the browser refused it".into(),
    }
}

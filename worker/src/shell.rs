//! The engine with the page's requests around it: takes messages, steps the engine
//! between them, loads models.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{Clock, Device, Engine, LoadOptions, ModelFiles, Session, Weights};
use gloo_events::EventListener;
use protocol::{
    Command, ErrorCode, Event, Failure, FinishReason, ModelSource, Precision, Reply,
    Request, RequestId, Timings,
};
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, DedicatedWorkerGlobalScope, MessageChannel, MessagePort};

use crate::models::{Fetched, Keeping, Key};
use crate::{models, post, source};

/// The worker's state. There is one page, so the engine's clients are all `()`.
pub(crate) struct Shell {
    scope: DedicatedWorkerGlobalScope,
    engine: RefCell<Engine<()>>,
    /// The load under way, and how to stop its downloads.
    loading: RefCell<Option<(RequestId, AbortController)>>,
    turn: MessagePort,
    /// Whether a turn of the engine has been asked for and not come yet.
    turning: RefCell<bool>,
    listener: RefCell<Option<EventListener>>,
}

impl Shell {
    pub(crate) fn start(scope: DedicatedWorkerGlobalScope) -> Result<Rc<Shell>, JsValue> {
        let clock = Clock { monotonic_ms, unix_seconds };
        // Posting to oneself gives the page's messages their turn between two steps,
        // without the delay that timers have.
        let channel = MessageChannel::new()?;
        let shell = Rc::new(Shell {
            scope,
            engine: RefCell::new(Engine::new(clock)),
            loading: RefCell::default(),
            turn: channel.port1(),
            turning: RefCell::new(false),
            listener: RefCell::default(),
        });
        let this = Rc::downgrade(&shell);
        let port = channel.port2();
        let listener = EventListener::new(&port, "message", move |_| {
            if let Some(shell) = this.upgrade() {
                shell.step();
            }
        });
        port.start();
        *shell.listener.borrow_mut() = Some(listener);
        Ok(shell)
    }

    /// Takes a message of the page.
    pub(crate) fn receive(self: &Rc<Self>, message: JsValue) {
        match serde_wasm_bindgen::from_value::<Request>(message.clone()) {
            Ok(request) => self.take(request),
            Err(error) => {
                // The sender may still wait for an answer to the id that it gave.
                let id = js_sys::Reflect::get(&message, &"id".into())
                    .ok()
                    .and_then(|id| {
                        u32::deserialize(serde_wasm_bindgen::Deserializer::from(id)).ok()
                    })
                    .unwrap_or(0);
                fail(
                    RequestId(id),
                    ErrorCode::InvalidRequest,
                    format!("The message is not a request: {error}."),
                );
            }
        }
    }

    fn take(self: &Rc<Self>, request: Request) {
        match request.command {
            Command::Load { source, precision } => {
                self.load(request.id, source, precision)
            }
            Command::ListModels => self.models(request.id, None),
            Command::DeleteModel { name, precision } => {
                self.models(request.id, Some(Key::new(&name, precision)));
            }
            Command::Cancel { request: loading } if self.is_loading(loading) => {
                self.stop_loading();
            }
            _ => {
                self.engine
                    .borrow_mut()
                    .submit((), request, &mut |(), reply| post::reply(reply));
                self.ask_for_turn();
            }
        }
    }

    fn ask_for_turn(&self) {
        if !self.turning.replace(true)
            && let Err(error) = self.turn.post_message(&JsValue::NULL)
        {
            self.turning.replace(false);
            web_sys::console::error_1(&error);
        }
    }

    fn step(&self) {
        self.turning.replace(false);
        let more = self.engine.borrow_mut().step(&mut |(), reply| post::reply(reply));
        if more {
            self.ask_for_turn();
        }
    }

    fn load(self: &Rc<Self>, id: RequestId, source: ModelSource, precision: Precision) {
        self.stop_loading(); // a newer choice replaces the older one
        let Ok(abort) = AbortController::new() else {
            return fail(id, ErrorCode::Internal, "This browser is too old.".into());
        };
        let signal = abort.signal();
        *self.loading.borrow_mut() = Some((id, abort));
        self.engine.borrow_mut().set_loading(true);
        let shell = self.clone();
        spawn_local(async move {
            let fetched = match &source {
                ModelSource::Hub(model) => {
                    models::load(&shell.scope, model, precision, &signal, id).await
                }
                source => source::fetch(&shell.scope, source, &signal, id)
                    .await
                    .map(Fetched::from),
            };
            if !shell.is_loading(id) {
                return; // stopped meanwhile, and told so
            }
            let loaded = match fetched {
                Ok(fetched) => shell.load_fetched(fetched, &source, precision, id).await,
                Err(failure) => Err(failure),
            };
            if !shell.is_loading(id) {
                return;
            }
            shell.loading.borrow_mut().take();
            let mut engine = shell.engine.borrow_mut();
            engine.set_loading(false);
            match loaded {
                Ok(session) => {
                    let ready = Event::Ready(session.description().clone());
                    engine.set_session(session, &mut |(), reply| post::reply(reply));
                    post::reply(Reply { id, event: ready });
                }
                Err(failure) => post::reply(Reply { id, event: Event::Failed(failure) }),
            }
        });
    }

    /// Makes a session of what was fetched, and sees to what is stored of it.
    async fn load_fetched(
        &self,
        fetched: Fetched,
        source: &ModelSource,
        precision: Precision,
        id: RequestId,
    ) -> Result<Session, Failure> {
        let Fetched { files, mut keeping } = fetched;
        let was_packed = matches!(files.weights, Weights::Packed(_));
        let loaded = load_session(files, keeping.as_mut(), precision, id);
        let (session, written) = match loaded {
            Ok((session, written)) => (Ok(session), written),
            Err(failure) => (Err(failure), Err("the model cannot be loaded".into())),
        };
        if let Some(keeping) = keeping {
            keeping.finish(written).await;
        }
        match (session, source) {
            (Err(failure), ModelSource::Hub(model))
                if was_packed && failure.code != ErrorCode::OutOfMemory =>
            {
                models::delete(&self.scope, &Key::new(&model.name, precision)).await;
                Err(Failure {
                    code: ErrorCode::NotStored,
                    message: format!("What was stored of {} is damaged.", model.name),
                    hint: Some("Choose it again to download it.".into()),
                })
            }
            (session, _) => session,
        }
    }

    /// Lists the stored models, without one that is to be deleted.
    fn models(self: &Rc<Self>, id: RequestId, delete: Option<Key>) {
        let shell = self.clone();
        spawn_local(async move {
            if let Some(key) = delete {
                models::delete(&shell.scope, &key).await;
            }
            let event = Event::Models(models::list(&shell.scope).await);
            post::reply(Reply { id, event });
        });
    }

    fn is_loading(&self, id: RequestId) -> bool {
        self.loading.borrow().as_ref().is_some_and(|(loading, _)| *loading == id)
    }

    fn stop_loading(&self) {
        if let Some((id, abort)) = self.loading.borrow_mut().take() {
            abort.abort();
            self.engine.borrow_mut().set_loading(false);
            let (reason, timings) = (FinishReason::Cancelled, Timings::default());
            post::reply(Reply { id, event: Event::Finished { reason, timings } });
        }
    }
}

/// A session, and how many bytes of its packed weights were written, if they were to be.
fn load_session(
    files: ModelFiles,
    keeping: Option<&mut Keeping>,
    precision: Precision,
    id: RequestId,
) -> Result<(Session, Result<u64, String>), Failure> {
    #[cfg(target_feature = "atomics")]
    let (threads, start_thread) = (crate::threads::count(), crate::threads::start as _);
    #[cfg(not(target_feature = "atomics"))]
    let (threads, start_thread) = (1, (|_| false) as _);
    let options = LoadOptions {
        precision,
        device: Device::Cpu,
        device_name: post::BUILD.into(),
        threads,
        start_thread,
        clock_ms: monotonic_ms,
    };
    let mut tell = |progress| post::reply(Reply { id, event: Event::Progress(progress) });
    let loaded = match keeping {
        Some(keeping) => Session::load_and_keep(files, &options, keeping, &mut tell),
        None => Session::load(files, &options, &mut tell)
            .map(|session| (session, Err("they are there or have no place".into()))),
    };
    loaded.map_err(|error| error.failure())
}

fn fail(id: RequestId, code: ErrorCode, message: String) {
    let failure = Failure { code, message, hint: None };
    post::reply(Reply { id, event: Event::Failed(failure) });
}

fn monotonic_ms() -> f64 {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or_else(js_sys::Date::now, |clock| clock.now())
}

fn unix_seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

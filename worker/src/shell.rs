//! Takes the messages of the page, and steps the engine between them.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{Clock, Engine};
use gloo_events::EventListener;
use protocol::{Command, ErrorCode, Event, HubModel, Reply, Request, RequestId};
use serde::Deserialize;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel};

use crate::clock::{monotonic_ms, unix_seconds};
use crate::loader::Loader;
use crate::models::{self, ModelKey};
use crate::post;
use crate::turn::Turn;

/// The worker's state. There is one page, so the engine's clients are all `()`.
pub(crate) struct Shell {
    scope: DedicatedWorkerGlobalScope,
    engine: Rc<RefCell<Engine<()>>>,
    loader: Rc<Loader>,
    turn: Turn,
    listener: RefCell<Option<EventListener>>,
}

impl Shell {
    pub(crate) fn start(scope: DedicatedWorkerGlobalScope) -> Result<Rc<Shell>, JsValue> {
        let clock = Clock { monotonic_ms, unix_seconds };
        let channel = MessageChannel::new()?;
        let turn = Turn::new(channel.port1());
        let engine = Rc::new(RefCell::new(Engine::new(clock)));
        let shell = Rc::new(Shell {
            loader: Rc::new(Loader::new(scope.clone(), engine.clone(), turn.clone())),
            scope,
            engine,
            turn,
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
            Ok(request) => self.handle(request),
            Err(error) => {
                // The sender may still wait for an answer to the id that it gave.
                let id = js_sys::Reflect::get(&message, &"id".into())
                    .ok()
                    .and_then(|id| {
                        u32::deserialize(serde_wasm_bindgen::Deserializer::from(id)).ok()
                    })
                    .unwrap_or(0);
                post::fail(
                    RequestId(id),
                    ErrorCode::InvalidRequest,
                    format!("The message is not a request: {error}."),
                );
            }
        }
    }

    fn handle(self: &Rc<Self>, request: Request) {
        match request.command {
            Command::Load { source, precision } => {
                self.loader.load(request.id, source, precision);
            }
            Command::ListModels => self.list_models(request.id, None),
            Command::ListFiles { model } => self.list_files(request.id, model),
            Command::DeleteModel { name, precision } => {
                self.list_models(request.id, Some(ModelKey::new(&name, precision)));
            }
            Command::Cancel { request } if self.loader.is_of(request) => {
                self.loader.stop();
            }
            _ => {
                self.engine
                    .borrow_mut()
                    .submit((), request, &mut |(), reply| post::reply(reply));
                self.turn.ask();
            }
        }
    }

    fn step(&self) {
        self.turn.has_come();
        let mut engine = self.engine.borrow_mut();
        let more = engine.step(&mut |(), reply| post::reply(reply));
        // A GPU asks for the turn itself when it has read more.
        if more && !engine.waits_for_reader() {
            self.turn.ask();
        }
    }

    /// Lists the files of a model of a hub.
    fn list_files(self: &Rc<Self>, id: RequestId, model: HubModel) {
        let shell = self.clone();
        spawn_local(async move {
            let event = match models::list_files(&shell.scope, &model).await {
                Ok(files) => Event::Files(files),
                Err(failure) => Event::Failed(failure),
            };
            post::reply(Reply { id, event });
        });
    }

    /// Lists the stored models, after deleting one if `delete` names it.
    fn list_models(self: &Rc<Self>, id: RequestId, delete: Option<ModelKey>) {
        let shell = self.clone();
        spawn_local(async move {
            if let Some(key) = delete {
                models::delete(&shell.scope, &key).await;
            }
            let event = Event::Models(models::list(&shell.scope).await);
            post::reply(Reply { id, event });
        });
    }
}

//! Loading a model in place of the one that is there. There are never two in memory: the
//! one goes when all files of the other are there, and comes back if no model comes of them.

use std::cell::RefCell;
use std::rc::Rc;

use engine::{Device, LoadOptions, Session};
use model_files::ModelFiles;
use protocol::{
    ErrorCode, Event, Failure, FinishReason, ModelSource, Precision, Reply, RequestId,
    Timings,
};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, AbortSignal};

use crate::models::{Address, Fetched, Keeping, Key};
use crate::shell::{Shell, fail, monotonic_ms};
use crate::{models, post, source};

/// What is being loaded, and what was.
#[derive(Default)]
pub(crate) struct Loading {
    /// The load under way, and how to stop its downloads.
    under_way: RefCell<Option<(RequestId, AbortController)>>,
    /// The model that was loaded last.
    loaded: RefCell<Option<Choice>>,
}

/// A model as it was asked for.
#[derive(Clone)]
struct Choice {
    source: ModelSource,
    precision: Precision,
}

impl Loading {
    /// Whether the load under way is that of a request.
    pub(crate) fn is_of(&self, id: RequestId) -> bool {
        self.under_way.borrow().as_ref().is_some_and(|(loading, _)| *loading == id)
    }
}

impl Shell {
    /// Begins to load a model. A newer choice replaces the older one.
    pub(crate) fn load(
        self: &Rc<Self>,
        id: RequestId,
        source: ModelSource,
        precision: Precision,
    ) {
        self.stop_loading();
        let Ok(abort) = AbortController::new() else {
            return fail(id, ErrorCode::Internal, "This browser is too old.".into());
        };
        let signal = abort.signal();
        *self.loading.under_way.borrow_mut() = Some((id, abort));
        self.engine.borrow_mut().set_loading(true);
        let shell = self.clone();
        spawn_local(async move {
            let choice = Choice { source, precision };
            let loaded = shell.session_of(&choice, &signal, id).await;
            shell.loaded(id, choice, loaded).await;
        });
    }

    /// Stops the load under way, if there is one.
    pub(crate) fn stop_loading(&self) {
        if let Some((id, abort)) = self.loading.under_way.borrow_mut().take() {
            abort.abort();
            self.engine.borrow_mut().set_loading(false);
            let (reason, timings) = (FinishReason::Cancelled, Timings::default());
            post::reply(Reply { id, event: Event::Finished { reason, timings } });
        }
    }

    /// A load has come to its end, which nobody waits for if it was stopped.
    async fn loaded(
        &self,
        id: RequestId,
        choice: Choice,
        loaded: Result<Session, Failure>,
    ) {
        let wanted = self.loading.is_of(id);
        let event = match loaded {
            Ok(session) if wanted => {
                let ready = Event::Ready(session.description().clone());
                self.take_up(session, choice);
                ready
            }
            // Nobody wants it: it goes before another comes.
            Ok(session) => {
                drop(session);
                return self.bring_back(id).await;
            }
            Err(failure) => {
                self.bring_back(id).await;
                Event::Failed(failure)
            }
        };
        // It may have been stopped meanwhile, and was told so then.
        if self.loading.is_of(id) {
            if let Some((_, abort)) = self.loading.under_way.borrow_mut().take() {
                // What else was asked for is of no more use.
                abort.abort();
            }
            self.engine.borrow_mut().set_loading(false);
            post::reply(Reply { id, event });
        }
    }

    fn take_up(&self, session: Session, choice: Choice) {
        *self.loading.loaded.borrow_mut() = Some(choice);
        let mut engine = self.engine.borrow_mut();
        engine.set_session(session, &mut |(), reply| post::reply(reply));
    }

    /// Loads the model that was there before one of which nothing came, if it had to go
    /// for that.
    async fn bring_back(&self, id: RequestId) {
        let before = self.loading.loaded.borrow().clone();
        let is_gone = self.engine.borrow().session().is_none();
        let (Some(choice), true, Ok(abort)) = (before, is_gone, AbortController::new())
        else {
            return;
        };
        let session = self.session_of(&choice, &abort.signal(), id).await;
        let another =
            self.loading.under_way.borrow().is_some() && !self.loading.is_of(id);
        match session {
            Ok(session) if !another => self.take_up(session, choice),
            // Then there is none, which every request is told.
            _ => {}
        }
    }

    /// Makes a session of a model. What is stored of one and turns out to be damaged is
    /// fetched again, unless nothing is to be fetched.
    async fn session_of(
        &self,
        choice: &Choice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<Session, Failure> {
        let Choice { source, precision } = choice;
        let fetched = self.fetch(choice, signal, id).await?;
        if signal.aborted() {
            return Err(stopped());
        }
        let was_stored = fetched.was_stored;
        let failure = match self.session_from(fetched, *precision, id).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        let (name, stored_only) = match source {
            ModelSource::Hub(model) => (model.name.clone(), model.stored_only),
            ModelSource::Address { url } => {
                let address = Address::new(&source::complete(&self.scope, url)?);
                (address.name().to_owned(), false)
            }
            ModelSource::Demo | ModelSource::Files { .. } => return Err(failure),
        };
        if !was_stored || failure.code != ErrorCode::InvalidModelFile {
            return Err(failure);
        }
        models::delete(&self.scope, &Key::new(&name, *precision)).await;
        let message = format!("What was stored of {name} is damaged.");
        if stored_only {
            let hint = Some("Choose it again to download it.".into());
            return Err(Failure { code: ErrorCode::NotStored, message, hint });
        }
        let message = format!("{message} It is downloaded again.");
        post::reply(Reply { id, event: Event::Notice { message } });
        let fetched = self.fetch(choice, signal, id).await?;
        if signal.aborted() {
            return Err(stopped());
        }
        self.session_from(fetched, *precision, id).await
    }

    async fn fetch(
        &self,
        choice: &Choice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<Fetched, Failure> {
        let precision = choice.precision;
        match &choice.source {
            ModelSource::Hub(model) => {
                models::load(&self.scope, model, precision, signal, id).await
            }
            ModelSource::Address { url } => {
                models::load_address(&self.scope, url, precision, signal, id).await
            }
            source => {
                source::fetch(&self.scope, source, signal, id).await.map(Fetched::from)
            }
        }
    }

    /// Makes a session of what was fetched, and sees to what is stored of it.
    async fn session_from(
        &self,
        fetched: Fetched,
        precision: Precision,
        id: RequestId,
    ) -> Result<Session, Failure> {
        let Fetched { files, mut keeping, .. } = fetched;
        // Its memory and its threads are needed.
        let before = self.engine.borrow_mut().take_session(&mut |(), reply| {
            post::reply(reply);
        });
        drop(before);
        let loaded = load_session(files, keeping.as_mut(), precision, id);
        let (session, written) = match loaded {
            Ok((session, written)) => (Ok(session), written),
            Err(failure) => (Err(failure), Err("the model cannot be loaded".into())),
        };
        if let Some(keeping) = keeping {
            keeping.finish(written).await;
        }
        session
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
        Some(keeping) => Session::load_and_pack(files, &options, keeping, &mut tell),
        None => Session::load(files, &options, &mut tell)
            .map(|session| (session, Err("they are there or have no place".into()))),
    };
    loaded.map_err(|error| error.failure())
}

/// It was told so already; nobody waits for this.
fn stopped() -> Failure {
    Failure {
        code: ErrorCode::Network,
        message: "Loading was stopped.".into(),
        hint: None,
    }
}

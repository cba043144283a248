//! Loading a model in place of the one that is there. There are never two in memory: the
//! one goes when all files of the other are there, and comes back if no model comes of them.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

use engine::{Engine, Session};
use futures_util::future::{Either, select};
use model_files::ModelFiles;
use protocol::{
    ErrorCode, Event, Failure, FinishReason, ModelSource, Precision, Reply, RequestId,
    Timings,
};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{AbortController, AbortSignal, DedicatedWorkerGlobalScope};

use crate::models::{self, FetchedModel, ModelKey, PackedWriter};
use crate::streamed::{self, NotStreamed, Streaming};
use crate::turn::Turn;
use crate::{gpu, post, session};

/// What loads models into the engine.
pub(crate) struct Loader {
    scope: DedicatedWorkerGlobalScope,
    engine: Rc<RefCell<Engine<()>>>,
    /// Asks for the engine's turn.
    turn: Turn,
    /// The load under way, and how to stop it.
    under_way: RefCell<Option<(RequestId, AbortController)>>,
    /// The model that was loaded last.
    loaded: RefCell<Option<ModelChoice>>,
}

/// A model as it was asked for.
#[derive(Clone, PartialEq)]
struct ModelChoice {
    source: ModelSource,
    precision: Precision,
}

impl Loader {
    /// A loader that has loaded nothing.
    pub(crate) fn new(
        scope: DedicatedWorkerGlobalScope,
        engine: Rc<RefCell<Engine<()>>>,
        turn: Turn,
    ) -> Loader {
        Loader {
            scope,
            engine,
            turn,
            under_way: RefCell::default(),
            loaded: RefCell::default(),
        }
    }

    /// Begins to load a model. A newer choice replaces the older one.
    pub(crate) fn load(
        self: &Rc<Self>,
        id: RequestId,
        source: ModelSource,
        precision: Precision,
    ) {
        self.stop();
        let Ok(abort) = AbortController::new() else {
            let message = "This browser is too old.".into();
            return post::fail(id, ErrorCode::Internal, message);
        };
        let signal = abort.signal();
        *self.under_way.borrow_mut() = Some((id, abort));
        self.engine.borrow_mut().set_loading(true);
        let this = self.clone();
        spawn_local(async move {
            let choice = ModelChoice { source, precision };
            let loaded = this.session_of(&choice, &signal, id).await;
            this.finish(id, choice, loaded).await;
        });
    }

    /// Whether the load under way is that of a request.
    pub(crate) fn is_of(&self, id: RequestId) -> bool {
        self.under_way.borrow().as_ref().is_some_and(|(loading, _)| *loading == id)
    }

    /// Stops the load under way, if there is one.
    pub(crate) fn stop(&self) {
        if let Some((id, abort)) = self.under_way.borrow_mut().take() {
            abort.abort();
            self.engine.borrow_mut().set_loading(false);
            let (reason, timings) = (FinishReason::Cancelled, Timings::default());
            post::reply(Reply { id, event: Event::Finished { reason, timings } });
        }
    }

    /// Ends a load. If it was stopped, nobody waits for it.
    async fn finish(
        &self,
        id: RequestId,
        choice: ModelChoice,
        loaded: Result<Session, Failure>,
    ) {
        let wanted = self.is_of(id);
        let event = match loaded {
            Ok(session) if wanted => {
                let ready = Event::Ready(session.description().clone());
                self.use_session(session, choice);
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
        // If it was stopped meanwhile, the page knows.
        if self.is_of(id) {
            self.under_way.borrow_mut().take();
            self.engine.borrow_mut().set_loading(false);
            post::reply(Reply { id, event });
        }
    }

    fn use_session(&self, session: Session, choice: ModelChoice) {
        *self.loaded.borrow_mut() = Some(choice);
        let mut engine = self.engine.borrow_mut();
        engine.set_session(session, &mut |(), reply| post::reply(reply));
    }

    /// Loads the model that was there before one of which nothing came, if it had to go
    /// for that.
    async fn bring_back(&self, id: RequestId) {
        let before = self.loaded.borrow().clone();
        let is_gone = self.engine.borrow().session().is_none();
        let (Some(choice), true, Ok(abort)) = (before, is_gone, AbortController::new())
        else {
            return;
        };
        let session = self.session_of(&choice, &abort.signal(), id).await;
        let another = self.under_way.borrow().is_some() && !self.is_of(id);
        match session {
            Ok(session) if !another => self.use_session(session, choice),
            // Then there is no model, and every request fails.
            _ => {}
        }
    }

    /// Makes a session of a model. If what is stored of it is damaged, it is fetched again,
    /// unless only stored models are to be used.
    async fn session_of(
        &self,
        choice: &ModelChoice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<Session, Failure> {
        // A model that keeps its file open is not loaded beside itself.
        let again = self.loaded.borrow().as_ref().is_some_and(|loaded| loaded == choice);
        let holds = self.engine.borrow().session().is_some_and(Session::is_stored);
        if again && holds {
            drop(self.take_session());
        }
        let fetched = self.fetch(choice, signal, id).await?;
        let was_stored = fetched.was_stored;
        let failure = match self.session_from(fetched, choice, signal, id).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        if !was_stored || failure.code != ErrorCode::InvalidModelFile {
            return Err(failure);
        }
        let (name, stored_only) = match &choice.source {
            ModelSource::Hub(model) => (model.name.clone(), model.stored_only),
            ModelSource::Address { url } => {
                (models::name_of_address(&self.scope, url)?, false)
            }
            ModelSource::Demo | ModelSource::Files { .. } => return Err(failure),
        };
        models::delete(&self.scope, &ModelKey::new(&name, choice.precision)).await;
        let message = format!("What was stored of {name} is damaged.");
        if stored_only {
            let hint = Some("Choose it again to download it.".into());
            return Err(Failure { code: ErrorCode::NotStored, message, hint });
        }
        let message = format!("{message} It is downloaded again.");
        post::reply(Reply { id, event: Event::Notice { message } });
        let fetched = self.fetch(choice, signal, id).await?;
        self.session_from(fetched, choice, signal, id).await
    }

    /// Gets the files of a model, unless `signal` says to stop.
    async fn fetch(
        &self,
        choice: &ModelChoice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<FetchedModel, Failure> {
        let ModelChoice { source, precision } = choice;
        let (scope, precision) = (&self.scope, *precision);
        if signal.aborted() {
            return Err(session::stopped());
        }
        let fetching = async {
            match source {
                ModelSource::Hub(model) => {
                    models::load_hub_model(scope, model, precision, id).await
                }
                ModelSource::Address { url } => {
                    models::load_address(scope, url, precision, id).await
                }
                ModelSource::Demo => models::load_demo(scope, id).await,
                ModelSource::Files { files } => {
                    models::load_chosen_files(scope, files, id).await
                }
            }
        };
        #[expect(clippy::disallowed_types, reason = "it is never rejected")]
        let stopped =
            js_sys::Promise::new(&mut |resolve, _| signal.set_onabort(Some(&resolve)));
        match select(pin!(fetching), JsFuture::from(stopped)).await {
            Either::Left((fetched, _)) if !signal.aborted() => fetched,
            _ => Err(session::stopped()),
        }
    }

    /// Takes the engine's model away.
    fn take_session(&self) -> Option<Session> {
        self.engine.borrow_mut().take_session(&mut |(), reply| post::reply(reply))
    }

    /// Makes a session of the files, and then replaces the stored ones by packed weights.
    async fn session_from(
        &self,
        fetched: FetchedModel,
        choice: &ModelChoice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<Session, Failure> {
        let FetchedModel { files, packed_writer, was_stored, leftover } = fetched;
        // Its memory and its threads are needed.
        drop(self.take_session());
        let session = self.loaded(files, packed_writer, choice, signal, id).await;
        // Files of an address have no hash that says that they are right: they do not stay if
        // the engine refuses them, unless it only lacks memory.
        let failed = session.as_ref().err();
        let is_wrong = failed.is_some_and(|error| error.code != ErrorCode::OutOfMemory);
        if let ModelSource::Address { url } = &choice.source
            && (leftover || (is_wrong && !was_stored && !signal.aborted()))
        {
            let name = models::name_of_address(&self.scope, url)?;
            models::delete(&self.scope, &ModelKey::new(&name, choice.precision)).await;
        }
        session
    }

    /// Makes a session of files: of large ones for a GPU, if there is one, else in memory.
    async fn loaded(
        &self,
        files: ModelFiles,
        packed_writer: Option<PackedWriter>,
        choice: &ModelChoice,
        signal: &AbortSignal,
        id: RequestId,
    ) -> Result<Session, Failure> {
        let (scope, turn, precision) = (&self.scope, &self.turn, choice.precision);
        let wish = gpu::Wish::of(scope);
        if let Some(wish) = wish.filter(|wish| wish.streams(&files, precision)) {
            let streaming = Streaming { scope, turn, signal, wish, precision, id };
            let NotStreamed { files, packed_writer, reason } =
                match streaming.load(files, packed_writer).await? {
                    Ok(session) => return Ok(session),
                    Err(kept) => kept,
                };
            let loaded = session::in_memory(files, packed_writer, precision, id).await;
            let mut session =
                loaded.map_err(|failure| streamed::in_words(failure, reason))?;
            session.set_prompt_device(reason);
            return Ok(session);
        }
        let mut session = session::in_memory(files, packed_writer, precision, id).await?;
        if let Some(wish) = wish {
            gpu::attach(&mut session, wish, scope, turn, signal).await;
        }
        Ok(session)
    }
}

//! Brings it all together: actions go in one after another, the state changes, effects
//! are done, and the page is drawn at most once a frame.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Event, Response};

use crate::action::Action;
use crate::backend::{self, Backend, Listener};
use crate::clipboard;
use crate::effect::{Effect, Focus};
use crate::elements::Page;
use crate::events::{self, Sink};
use crate::file_handles;
use crate::keyboard::{self, Key, KeyContext};
use crate::offline;
use crate::server_probe::{json_at, server_models};
use crate::state::{BackendKind, Remembered, State};
use crate::storage;
use crate::update::{begin, update};
use crate::view::View;

/// How long after the last change the draft is stored.
const SAVE_AFTER_MS: u32 = 400;

/// What the browser calls before it paints.
type Frame = Closure<dyn FnMut(f64)>;

/// The running page. Lives as long as the page does.
pub(crate) struct App {
    page: Page,
    state: RefCell<State>,
    view: RefCell<View>,
    backend: RefCell<Option<Box<dyn Backend>>>,
    queue: RefCell<VecDeque<Action>>,
    running: Cell<bool>,
    /// What to do in the next frame, if one is asked for.
    frame: RefCell<Option<Frame>>,
    frame_asked: Cell<bool>,
    focus: Cell<Option<Focus>>,
    reveal: Cell<bool>,
    saving: RefCell<Option<Timeout>>,
    /// What of the choice of models is stored, as this tab knows it.
    stored: RefCell<Remembered>,
    listeners: RefCell<Vec<EventListener>>,
}

impl App {
    /// Starts the page with a state.
    ///
    /// # Errors
    /// Names what the page lacks.
    pub(crate) fn start(page: Page, mut state: State) -> Result<Rc<App>, String> {
        let view = View::new(&page)?;
        let stored = RefCell::new(storage::remembered(&page.window));
        let effects = begin(&mut state);
        let app = Rc::new(App {
            page,
            state: RefCell::new(state),
            view: RefCell::new(view),
            backend: RefCell::default(),
            queue: RefCell::default(),
            running: Cell::default(),
            frame: RefCell::default(),
            frame_asked: Cell::default(),
            focus: Cell::default(),
            reveal: Cell::default(),
            saving: RefCell::default(),
            stored,
            listeners: RefCell::default(),
        });
        let this = Rc::downgrade(&app);
        *app.frame.borrow_mut() = Some(Closure::new(move |now| {
            if let Some(app) = this.upgrade() {
                app.render(now);
            }
        }));
        let sink: Rc<dyn Sink> = Rc::new(Handle(Rc::downgrade(&app)));
        *app.listeners.borrow_mut() = events::listen(&app.page, sink);
        // What the effects dispatch at once waits until all are done.
        app.running.set(true);
        effects.into_iter().for_each(|effect| app.perform(effect));
        app.drain();
        Ok(app)
    }

    /// Takes an action. During an update or a drawing it waits for its turn.
    fn dispatch(self: &Rc<Self>, action: Action) {
        self.queue.borrow_mut().push_back(action);
        if !self.running.replace(true) {
            self.drain();
        }
    }

    /// Takes the waiting actions, first come first served.
    fn drain(self: &Rc<Self>) {
        loop {
            let Some(action) = self.queue.borrow_mut().pop_front() else { break };
            let passing = matches!(action, Action::Inspect(_));
            let effects = update(&mut self.state.borrow_mut(), action);
            effects.into_iter().for_each(|effect| self.perform(effect));
            if !passing {
                self.save_soon();
                self.view.borrow().mark_outdated(&self.state.borrow());
            }
        }
        self.running.set(false);
        self.ask_for_frame();
    }

    fn ask_for_frame(&self) {
        if self.frame_asked.replace(true) {
            return;
        }
        let frame = self.frame.borrow();
        let asked = frame.as_ref().map(|frame| {
            self.page.window.request_animation_frame(frame.as_ref().unchecked_ref())
        });
        debug_assert!(asked.is_some_and(|asked| asked.is_ok()), "windows have frames");
    }

    fn render(self: &Rc<Self>, now: f64) {
        self.frame_asked.set(false);
        self.running.set(true);
        let mut view = self.view.borrow_mut();
        view.render(&self.state.borrow(), now);
        // Only now is what is to be focused sure to be there.
        if let Some(focus) = self.focus.take() {
            view.focus(focus);
        }
        if self.reveal.take() {
            view.reveal();
        }
        drop(view);
        self.running.set(false);
        // Moving the focus tells of itself.
        if !self.queue.borrow().is_empty() {
            self.running.set(true);
            self.drain();
        }
    }

    fn perform(self: &Rc<Self>, effect: Effect) {
        match effect {
            Effect::Connect { generation, backend, address } => {
                self.connect(generation, backend, &address);
            }
            Effect::Disconnect => *self.backend.borrow_mut() = None,
            Effect::Send(request) => {
                if let Some(backend) = &*self.backend.borrow() {
                    backend.send(&request);
                }
            }
            Effect::Probe => self.probe(),
            Effect::ReadCatalogue => self.read_catalogue(),
            Effect::KeepSite => offline::keep(&self.page),
            Effect::FindFiles { names, ask } => {
                let (window, this) = (self.page.window.clone(), Rc::downgrade(self));
                spawn_local(async move {
                    let found = file_handles::find(&window, &names, ask).await;
                    if let Some(app) = this.upgrade() {
                        app.dispatch(Action::FilesFound(found));
                    }
                });
            }
            Effect::PickFiles => {
                if !self.pick_files()
                    && let Ok(field) = self.page.input("model-files")
                {
                    field.click();
                }
            }
            Effect::Persist => {
                // Where it is refused, the browser may delete what it stores when its
                // disk is full, which is noticed then.
                let storage = self.page.window.navigator().storage();
                // Over plain http there is none.
                let asked = (!storage.is_undefined()).then(|| storage.persist());
                if let Some(Ok(asked)) = asked {
                    let asked = JsFuture::from(asked);
                    spawn_local(async move {
                        let _ = asked.await;
                    });
                }
            }
            Effect::After { ms, action } => {
                let this = Rc::downgrade(self);
                spawn_local(async move {
                    gloo_timers::future::TimeoutFuture::new(ms).await;
                    if let Some(app) = this.upgrade() {
                        app.dispatch(action);
                    }
                });
            }
            Effect::RollSeed => {
                let seed = (js_sys::Math::random() * 1_000_000.0).floor();
                self.dispatch(Action::Turn(crate::state::Knob::Seed, seed));
            }
            Effect::KeepKeys(used) => storage::keep_keys(&self.page.window, used),
            Effect::Copy(text) => {
                let this = Rc::downgrade(self);
                let page = self.page.clone();
                spawn_local(async move {
                    let done = clipboard::copy(&page, &text).await;
                    if let Some(app) = this.upgrade() {
                        app.dispatch(Action::Copied(done));
                    }
                });
            }
            Effect::Focus(focus) => self.focus.set(Some(focus)),
            Effect::Reveal => self.reveal.set(true),
        }
    }

    fn connect(self: &Rc<Self>, generation: u32, kind: BackendKind, address: &str) {
        // The old connection ends before the new one begins: two models are too many.
        *self.backend.borrow_mut() = None;
        let this = Rc::downgrade(self);
        let listener: Listener = Rc::new(move |event| {
            if let Some(app) = this.upgrade() {
                app.dispatch(Action::Link { generation, event });
            }
        });
        let backend = match kind {
            BackendKind::Worker => {
                backend::worker(&self.page.worker_folder().0, listener)
            }
            BackendKind::Native => backend::socket(address, listener),
        };
        *self.backend.borrow_mut() = Some(backend);
    }

    /// Lets the person choose files, if the browser has a dialog that gives out handles.
    fn pick_files(self: &Rc<Self>) -> bool {
        let (window, this) = (self.page.window.clone(), Rc::downgrade(self));
        let can = file_handles::can_pick(&window);
        if can {
            spawn_local(async move {
                let files = file_handles::pick(&window).await;
                if let (Some(app), Some(files)) = (this.upgrade(), files) {
                    app.dispatch(Action::ChooseFiles(files));
                }
            });
        }
        can
    }

    /// Asks the page's own origin for what only a native server has: who it is, and which
    /// models it gives out.
    fn probe(self: &Rc<Self>) {
        let window = self.page.window.clone();
        let this = Rc::downgrade(self);
        spawn_local(async move {
            let server = match json_at(&window, "./api/models").await {
                Some(_) => Some(server_models(&window).await),
                None => None,
            };
            if let Some(app) = this.upgrade() {
                app.dispatch(Action::NativeHere(server));
            }
        });
    }

    /// Reads the list of models that lies beside the page.
    fn read_catalogue(self: &Rc<Self>) {
        let asked = JsFuture::from(self.page.window.fetch_with_str("./models.json"));
        let this = Rc::downgrade(self);
        spawn_local(async move {
            let text = async {
                let response: Response = asked.await.ok()?.unchecked_into();
                let text = response.ok().then(|| response.text().ok()).flatten()?;
                JsFuture::from(text).await.ok()?.as_string()
            };
            let text = text.await.unwrap_or_default();
            let catalogue = hub::Catalogue::read(text.as_bytes()).ok();
            if let Some(app) = this.upgrade() {
                app.dispatch(Action::CatalogueRead(catalogue));
            }
        });
    }

    fn save_soon(self: &Rc<Self>) {
        let mut saving = self.saving.borrow_mut();
        if saving.is_none() {
            let this = Rc::downgrade(self);
            *saving = Some(Timeout::new(SAVE_AFTER_MS, move || {
                if let Some(app) = this.upgrade() {
                    app.save(true);
                }
            }));
        }
    }

    /// Stores what is worth it; `open` is false as the page goes away.
    fn save(&self, open: bool) {
        self.saving.borrow_mut().take();
        let (window, state) = (&self.page.window, self.state.borrow());
        storage::save_draft(window, &state, open);
        let mine = &state.models.remembered;
        let stored = storage::save_remembered(window, mine, &self.stored.borrow());
        let other_tabs = (stored != *mine).then(|| stored.clone());
        *self.stored.borrow_mut() = stored;
        drop(state);
        if let Some(now) = other_tabs {
            self.state.borrow_mut().models.take_remembered(now);
        }
    }

    /// Another tab has stored something else.
    fn stored_elsewhere(self: &Rc<Self>) {
        let theirs = storage::remembered(&self.page.window);
        let mine = self.state.borrow().models.remembered.clone();
        let now = mine.merged(&self.stored.borrow(), theirs.clone());
        *self.stored.borrow_mut() = theirs;
        self.dispatch(Action::Remembered(Box::new(now)));
    }
}

/// The way from the listeners to the app.
struct Handle(std::rc::Weak<App>);

impl Sink for Handle {
    fn dispatch(&self, action: Action) {
        let Some(app) = self.0.upgrade() else { return };
        // The pointer crosses a lot of what it is over already.
        let same = match (&action, app.state.try_borrow()) {
            (Action::Inspect(inspected), Ok(state)) => *inspected == state.inspected,
            _ => false,
        };
        if !same {
            app.dispatch(action);
        }
    }

    fn key(&self, key: &Key, place: KeyContext) -> bool {
        let Some(app) = self.0.upgrade() else { return false };
        let action = keyboard::action(key, place, &app.state.borrow());
        let taken = action.is_some();
        if let Some(action) = action {
            app.dispatch(action);
        }
        taken
    }

    fn space_plays(&self) -> bool {
        let app = self.0.upgrade();
        app.is_some_and(|app| keyboard::space_plays(&app.state.borrow()))
    }

    fn leaving(&self) {
        if let Some(app) = self.0.upgrade() {
            app.save(false);
            // Browsers keep pages that were left, for the way back, and with them the model.
            app.backend.borrow_mut().take();
        }
    }

    fn back(&self) {
        self.dispatch(Action::Restart);
    }

    fn files_dropped(&self, event: &Event) {
        if let Some(app) = self.0.upgrade() {
            file_handles::keep_dropped(&app.page.window, event);
        }
    }

    fn pick_files(&self) -> bool {
        self.0.upgrade().is_some_and(|app| app.pick_files())
    }

    fn files_without_handles(&self) {
        if let Some(app) = self.0.upgrade() {
            file_handles::forget(&app.page.window);
        }
    }

    fn stored_elsewhere(&self) {
        if let Some(app) = self.0.upgrade() {
            app.stored_elsewhere();
        }
    }
}

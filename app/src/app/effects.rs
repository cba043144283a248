//! Performs effects: what an update wants done outside of the state. What comes of them later
//! is dispatched as an action.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;
use sharing::Request;
use wasm_bindgen_futures::{JsFuture, spawn_local};

use super::pictures;
use crate::action::Action;
use crate::address;
use crate::backend::{Backend, LinkEvent, Listener, connect_to_server, start_worker};
use crate::clipboard;
use crate::day::today;
use crate::effect::{Effect, Focus};
use crate::elements::Page;
use crate::file_handles;
use crate::later_copy::{self, LaterCopy};
use crate::offline;
use crate::past_sessions;
use crate::saved_files;
use crate::server_probe;
use crate::sharing_worker;
use crate::state::{
    BackendKind, Knob, LessonAction, PastSession, SharedFor, SharingAction,
};
use crate::storage;

/// Takes the actions that come of effects.
pub(super) type Dispatch = Rc<dyn Fn(Action)>;

/// Performs effects on the page and on its connection to the engine.
pub(super) struct EffectRunner {
    page: Page,
    dispatch: Dispatch,
    backend: RefCell<Option<Box<dyn Backend>>>,
    /// The second engine, for comparisons.
    side: RefCell<Option<Box<dyn Backend>>>,
    focus: Cell<Option<Focus>>,
    reveal: Cell<bool>,
    /// A copy that waits for its link.
    copying: RefCell<Option<LaterCopy>>,
}

impl EffectRunner {
    pub(super) fn new(page: Page, dispatch: Dispatch) -> EffectRunner {
        EffectRunner {
            page,
            dispatch,
            backend: RefCell::default(),
            side: RefCell::default(),
            focus: Cell::default(),
            reveal: Cell::default(),
            copying: RefCell::default(),
        }
    }

    /// Performs an effect, or begins to.
    pub(super) fn perform(&self, effect: Effect) {
        let window = &self.page.window;
        match effect {
            Effect::Connect { generation, backend, address, gpu_again } => {
                // The old connection ends first: two models need too much memory.
                *self.backend.borrow_mut() = None;
                let action = move |event| Action::Link { generation, event };
                let opened = self.opened(backend, &address, gpu_again, action);
                *self.backend.borrow_mut() = Some(opened);
            }
            Effect::Disconnect => *self.backend.borrow_mut() = None,
            Effect::Send(request) => {
                if let Some(backend) = &*self.backend.borrow() {
                    backend.send(&request);
                }
            }
            Effect::ConnectSide { generation, backend, address } => {
                *self.side.borrow_mut() = None;
                let side = move |event| Action::SideLink { generation, event };
                let opened = self.opened(backend, &address, false, side);
                *self.side.borrow_mut() = Some(opened);
            }
            Effect::DisconnectSide => *self.side.borrow_mut() = None,
            Effect::SendSide(request) => {
                if let Some(side) = &*self.side.borrow() {
                    side.send(&request);
                }
            }
            Effect::Probe => {
                let window = window.clone();
                self.dispatch_later(async move {
                    Action::ServerProbed(server_probe::probe(&window).await)
                });
            }
            Effect::ReadCatalogue => {
                let window = window.clone();
                self.dispatch_later(async move {
                    Action::CatalogueRead(server_probe::read_catalogue(&window).await)
                });
            }
            Effect::KeepSite => offline::keep(&self.page),
            Effect::FindFiles { names, ask } => {
                let window = window.clone();
                self.dispatch_later(async move {
                    Action::FilesFound(file_handles::find(&window, &names, ask).await)
                });
            }
            Effect::PickFiles => {
                if !self.pick_files()
                    && let Ok(field) = self.page.input("model-files")
                {
                    field.click();
                }
            }
            Effect::Persist => self.persist(),
            Effect::After { ms, action } => self.dispatch_later(async move {
                TimeoutFuture::new(ms).await;
                action
            }),
            Effect::RollSeed => {
                let seed = (js_sys::Math::random() * 1_000_000.0).floor();
                (self.dispatch)(Action::TurnKnob(Knob::Seed, seed));
            }
            Effect::KeepKeys(on) => storage::keep_keys(window, on),
            Effect::Copy(text) => self.copy(text, None),
            Effect::Save { name, media, text } => {
                saved_files::save(&self.page, &name, media, &text)
            }
            Effect::SavePicture { name, picture, format } => {
                let saved = pictures::save(&self.page, name, *picture, format);
                self.dispatch_later(async move { Action::PictureSaved(saved.await) });
            }
            Effect::AskSharing { mut request, purpose } => {
                if let Request::Trace { session } = &mut *request
                    && let Some(recorded) = &mut session.recorded
                {
                    recorded.date = today();
                }
                if let SharedFor::Copy(_) = purpose {
                    let begun = LaterCopy::begin(&self.page, later_copy::TEXT);
                    self.copying.replace(Some(begun));
                }
                let page = self.page.clone();
                self.dispatch_later(async move {
                    let answer = sharing_worker::ask(&page, &request).await;
                    Action::Sharing(SharingAction::Answered(purpose, answer))
                });
            }
            Effect::ReadLink => {
                let link = address::link(window).unwrap_or_default();
                (self.dispatch)(Action::Sharing(SharingAction::OpenLink(link)));
            }
            Effect::ReadFile(url) => {
                let window = window.clone();
                self.dispatch_later(async move {
                    let text = server_probe::text_at(&window, &url).await;
                    Action::Sharing(SharingAction::FileRead(text))
                });
            }
            Effect::ReadLesson(url) => {
                let window = window.clone();
                self.dispatch_later(async move {
                    let text = server_probe::text_at(&window, &url).await;
                    Action::Lesson(LessonAction::Read(text))
                });
            }
            Effect::UseGpu(gpu) => address::use_gpu(window, gpu),
            Effect::CleanAddress => address::remove_link(window),
            Effect::CopyAddress(fragment) => {
                let address = address::with_fragment(window, &fragment);
                self.copy(address, self.copying.take());
            }
            Effect::KeepSession(session) => {
                self.list_past(past_sessions::keep(window, session));
            }
            Effect::ForgetSession(link) => {
                self.list_past(past_sessions::forget(window, &link));
            }
            Effect::Focus(focus) => self.focus.set(Some(focus)),
            Effect::Reveal => self.reveal.set(true),
        }
    }

    /// Lets the person choose files in a dialog that gives out handles. False if the browser
    /// has none.
    pub(super) fn pick_files(&self) -> bool {
        let window = self.page.window.clone();
        let can_pick = file_handles::can_pick(&window);
        if can_pick {
            let dispatch = self.dispatch.clone();
            spawn_local(async move {
                if let Some(files) = file_handles::pick(&window).await {
                    dispatch(Action::ChooseFiles(files));
                }
            });
        }
        can_pick
    }

    /// Closes the connections to all engines.
    pub(super) fn disconnect(&self) {
        *self.backend.borrow_mut() = None;
        *self.side.borrow_mut() = None;
    }

    /// Takes what is to have the focus once the page is rendered.
    pub(super) fn take_focus(&self) -> Option<Focus> {
        self.focus.take()
    }

    /// Takes whether the distribution is to be scrolled into view once the page is rendered.
    pub(super) fn take_reveal(&self) -> bool {
        self.reveal.take()
    }

    fn copy(&self, text: String, begun: Option<LaterCopy>) {
        let page = self.page.clone();
        self.dispatch_later(async move {
            Action::Copied(clipboard::copy_later(&page, begun, &text).await)
        });
    }

    fn list_past(&self, past: Vec<PastSession>) {
        (self.dispatch)(Action::Sharing(SharingAction::Past(past)));
    }

    /// Opens a connection whose events become actions.
    fn opened(
        &self,
        kind: BackendKind,
        address: &str,
        gpu_again: bool,
        action: impl Fn(LinkEvent) -> Action + 'static,
    ) -> Box<dyn Backend> {
        let dispatch = self.dispatch.clone();
        let listener: Listener = Rc::new(move |event| dispatch(action(event)));
        match kind {
            BackendKind::Worker => {
                start_worker(&self.page.worker_folder().0, gpu_again, listener)
            }
            BackendKind::Native => connect_to_server(address, listener),
        }
    }

    /// Asks the browser not to delete what the page stores.
    fn persist(&self) {
        let storage = self.page.window.navigator().storage();
        // Over plain http there is no storage manager.
        let request = (!storage.is_undefined()).then(|| storage.persist());
        if let Some(Ok(request)) = request {
            let request = JsFuture::from(request);
            spawn_local(async move {
                // If it refuses, a full disk may cost stored models. The page notices that.
                let _ = request.await;
            });
        }
    }

    fn dispatch_later(&self, action: impl Future<Output = Action> + 'static) {
        let dispatch = self.dispatch.clone();
        spawn_local(async move { dispatch(action.await) });
    }
}

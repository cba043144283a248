//! The event loop of the page: an action changes the state, the effects of that are
//! performed, and the page is rendered at most once a frame.

use std::cell::{Cell, Ref, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::Window;

use super::effects::{Dispatch, EffectRunner};
use super::saving::Saver;
use crate::action::Action;
use crate::elements::Page;
use crate::state::{Inspected, State};
use crate::update::{begin, update};
use crate::view::View;

/// The running page, which lives as long as the browser's page.
pub(crate) struct App {
    this: Weak<App>,
    window: Window,
    state: RefCell<State>,
    view: RefCell<View>,
    effects: EffectRunner,
    saver: Saver,
    queue: RefCell<VecDeque<Action>>,
    /// An update or a rendering is under way, so that actions have to wait.
    is_busy: Cell<bool>,
    /// What the browser calls before it paints the next frame.
    on_frame: Closure<dyn FnMut(f64)>,
    frame_requested: Cell<bool>,
}

impl App {
    /// Starts the page with a state.
    ///
    /// # Errors
    /// Names the element that the page lacks.
    pub(crate) fn start(page: Page, mut state: State) -> Result<Rc<App>, String> {
        let view = View::new(&page)?;
        let effects = begin(&mut state);
        let app = Rc::new_cyclic(|this: &Weak<App>| {
            let app = this.clone();
            let on_frame = Closure::new(move |now| {
                if let Some(app) = app.upgrade() {
                    app.render(now);
                }
            });
            let app = this.clone();
            let dispatch: Dispatch = Rc::new(move |action| {
                if let Some(app) = app.upgrade() {
                    app.dispatch(action);
                }
            });
            App {
                this: this.clone(),
                window: page.window.clone(),
                state: RefCell::new(state),
                view: RefCell::new(view),
                saver: Saver::new(page.window.clone()),
                effects: EffectRunner::new(page, dispatch),
                queue: RefCell::default(),
                is_busy: Cell::default(),
                on_frame,
                frame_requested: Cell::default(),
            }
        });
        // Actions that effects dispatch at once wait until all effects are performed.
        app.is_busy.set(true);
        effects.into_iter().for_each(|effect| app.effects.perform(effect));
        app.take_actions();
        Ok(app)
    }

    /// The window of the page.
    pub(crate) fn window(&self) -> &Window {
        &self.window
    }

    /// The state, which must be released before an action is dispatched.
    pub(crate) fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    /// Takes an action, now or after the update or rendering that is under way.
    pub(crate) fn dispatch(&self, action: Action) {
        self.queue.borrow_mut().push_back(action);
        if !self.is_busy.replace(true) {
            self.take_actions();
        }
    }

    /// Takes what the pointer is on. It often crosses what it is on already.
    pub(crate) fn inspect(&self, inspected: Option<Inspected>) {
        let is_same =
            self.state.try_borrow().is_ok_and(|state| state.inspected == inspected);
        if !is_same {
            self.dispatch(Action::Inspect(inspected));
        }
    }

    /// Lets the person choose files in a dialog that gives out handles. False if the browser
    /// has none.
    pub(crate) fn pick_files(&self) -> bool {
        self.effects.pick_files()
    }

    /// Stores the state, since the page is about to be left. A page that becomes isolated by being
    /// loaded again moves to another process: its successor may begin before it is hidden. Where
    /// a process ends with its tab, Firefox does not wait for [`leave`](Self::leave): the draft is
    /// left to the next tab now, and taken back soon if the page stays.
    pub(crate) fn save_before_leaving(&self) {
        self.save(false);
        self.save_soon();
    }

    /// Stores the state and ends the engine, since the page goes away: browsers keep pages in
    /// memory for the way back, and with them the model.
    pub(crate) fn leave(&self) {
        self.save(false);
        self.effects.disconnect();
    }

    /// Takes over what another tab has stored.
    pub(crate) fn on_stored_elsewhere(&self) {
        let mine = self.state.borrow().models.remembered.clone();
        let merged = self.saver.merge_other_tab(&mine);
        self.dispatch(Action::Remembered(Box::new(merged)));
    }

    /// Takes the actions of the queue, first in, first out.
    fn take_actions(&self) {
        loop {
            let Some(action) = self.queue.borrow_mut().pop_front() else { break };
            let is_inspection = matches!(action, Action::Inspect(_));
            let effects = update(&mut self.state.borrow_mut(), action);
            effects.into_iter().for_each(|effect| self.effects.perform(effect));
            if !is_inspection {
                self.save_soon();
                self.view.borrow().mark_outdated(&self.state.borrow());
            }
        }
        self.is_busy.set(false);
        self.request_frame();
    }

    fn request_frame(&self) {
        if self.frame_requested.replace(true) {
            return;
        }
        let on_frame = self.on_frame.as_ref().unchecked_ref();
        let requested = self.window.request_animation_frame(on_frame);
        debug_assert!(requested.is_ok(), "windows have frames");
    }

    fn render(&self, now: f64) {
        self.frame_requested.set(false);
        self.is_busy.set(true);
        let mut view = self.view.borrow_mut();
        view.render(&self.state.borrow(), now);
        // The element that gets the focus may not have been there before.
        if let Some(focus) = self.effects.take_focus() {
            view.focus(focus);
        }
        if self.effects.take_reveal() {
            view.reveal();
        }
        drop(view);
        self.is_busy.set(false);
        // Moving the focus may have dispatched an action.
        if !self.queue.borrow().is_empty() {
            self.is_busy.set(true);
            self.take_actions();
        }
    }

    fn save_soon(&self) {
        let this = self.this.clone();
        self.saver.schedule(move || {
            if let Some(app) = this.upgrade() {
                app.save(true);
            }
        });
    }

    fn save(&self, open: bool) {
        let changed_elsewhere = self.saver.save(&self.state.borrow(), open);
        if let Some(now) = changed_elsewhere {
            self.state.borrow_mut().models.take_remembered(now);
        }
    }
}

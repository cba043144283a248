//! Stores the draft of this tab, and the choice of models that all tabs share.

use std::cell::RefCell;

use gloo_timers::callback::Timeout;
use web_sys::Window;

use crate::state::{Remembered, State};
use crate::storage;

/// How long after a change it is stored.
const SAVE_AFTER_MS: u32 = 400;

/// Stores the state of a page.
pub(super) struct Saver {
    window: Window,
    pending: RefCell<Option<Timeout>>,
    /// The stored choice of models, as far as this tab knows.
    stored: RefCell<Remembered>,
}

impl Saver {
    pub(super) fn new(window: Window) -> Saver {
        let stored = RefCell::new(storage::remembered(&window));
        Saver { window, pending: RefCell::default(), stored }
    }

    /// Calls `save` after a while, unless that is scheduled already.
    pub(super) fn schedule(&self, save: impl FnOnce() + 'static) {
        let mut pending = self.pending.borrow_mut();
        if pending.is_none() {
            *pending = Some(Timeout::new(SAVE_AFTER_MS, save));
        }
    }

    /// Stores a state. `open` is false as the page goes away. Returns the choice of models
    /// that is stored now, if other tabs have changed it.
    pub(super) fn save(&self, state: &State, open: bool) -> Option<Remembered> {
        self.pending.borrow_mut().take();
        storage::save_draft(&self.window, state, open);
        let mine = &state.models.remembered;
        let stored = storage::save_remembered(&self.window, mine, &self.stored.borrow());
        *self.stored.borrow_mut() = stored.clone();
        (stored != *mine).then_some(stored)
    }

    /// Merges this tab's choice of models with what another tab has stored.
    pub(super) fn merge_other_tab(&self, mine: &Remembered) -> Remembered {
        let theirs = storage::remembered(&self.window);
        let merged = mine.merged(&self.stored.borrow(), theirs.clone());
        *self.stored.borrow_mut() = theirs;
        merged
    }
}

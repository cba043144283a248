//! What the page stores in the browser, whose storage may be full, switched off, or hold
//! damaged data.

use web_sys::{Storage, Window};

use crate::drafts::{self, TextStorage};
use crate::json;
use crate::state::{Draft, Remembered, State};

const KEYS_OFF: &str = "next-token-visualizer.keys-off";
const MODELS_KEY: &str = "next-token-visualizer.models";

/// The stored choice of models.
pub(crate) fn remembered(window: &Window) -> Remembered {
    let read =
        || window.local_storage().ok().flatten()?.get_item(MODELS_KEY).ok().flatten();
    read().map(|json| Remembered::read(&json)).unwrap_or_default()
}

/// Stores what this tab has changed since `base`, merged with what other tabs have changed
/// meanwhile, and returns the result. If nothing can be stored, the next visit begins with the
/// demo model.
pub(crate) fn save_remembered(
    window: &Window,
    mine: &Remembered,
    base: &Remembered,
) -> Remembered {
    if mine == base {
        return base.clone();
    }
    let now = mine.merged(base, remembered(window));
    if let Some(storage) = window.local_storage().ok().flatten()
        && let Some(text) = json::write(&now)
    {
        let _ = storage.set_item(MODELS_KEY, &text);
    }
    now
}

/// Whether a storage event with this key is about the choice of models.
pub(crate) fn is_remembered(key: Option<&str>) -> bool {
    // Without a key, the whole storage was cleared.
    key.is_none_or(|key| key == MODELS_KEY)
}

/// The draft that this tab continues with, if there is one.
pub(crate) fn load_draft(window: &Window) -> Option<Draft> {
    let random = (js_sys::Math::random() * 1e15).floor();
    let fresh = format!("{}-{random}", js_sys::Date::now());
    let browser = BrowserStorage(window.local_storage().ok().flatten());
    drafts::begin(&tab(window), &browser, &fresh, js_sys::Date::now())
}

/// Stores the draft of a state. `open` is false as the page goes away.
pub(crate) fn save_draft(window: &Window, state: &State, open: bool) {
    let browser = BrowserStorage(window.local_storage().ok().flatten());
    drafts::save(&tab(window), &browser, Draft::of(state), open, js_sys::Date::now());
}

/// Stores whether the keys that are single characters are on, for later visits.
pub(crate) fn keep_keys(window: &Window, on: bool) {
    let browser = BrowserStorage(window.local_storage().ok().flatten());
    if on {
        browser.remove(KEYS_OFF);
    } else {
        // If it cannot be stored, the next visit begins with the keys on.
        browser.set(KEYS_OFF, "true");
    }
}

/// Whether the keys that are single characters are switched off.
pub(crate) fn keys_off(window: &Window) -> bool {
    BrowserStorage(window.local_storage().ok().flatten()).get(KEYS_OFF).is_some()
}

/// The storage of this tab. Even reading `sessionStorage` throws where it is switched off.
fn tab(window: &Window) -> BrowserStorage {
    BrowserStorage(window.session_storage().ok().flatten())
}

/// A storage of the browser; none if it is switched off.
struct BrowserStorage(Option<Storage>);

impl TextStorage for BrowserStorage {
    fn get(&self, name: &str) -> Option<String> {
        self.0.as_ref()?.get_item(name).ok().flatten()
    }

    fn set(&self, name: &str, text: &str) -> bool {
        self.0.as_ref().is_some_and(|storage| storage.set_item(name, text).is_ok())
    }

    fn remove(&self, name: &str) {
        if let Some(storage) = &self.0 {
            // An item that cannot be removed is not there.
            let _ = storage.remove_item(name);
        }
    }

    fn names(&self) -> Vec<String> {
        let Some(storage) = &self.0 else { return Vec::new() };
        let count = storage.length().unwrap_or_default();
        (0..count).filter_map(|index| storage.key(index).ok().flatten()).collect()
    }
}

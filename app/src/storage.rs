//! The draft in the browser's storage, which may be full, switched off or hold anything.

use web_sys::{Storage, Window};

use crate::state::{Draft, Remembered, State};

const KEY: &str = "next-token-visualizer.draft";
const MODELS_KEY: &str = "next-token-visualizer.models";

/// What any tab kept of the choice of models.
pub(crate) fn remembered(window: &Window) -> Remembered {
    let read =
        || window.local_storage().ok().flatten()?.get_item(MODELS_KEY).ok().flatten();
    read().map(|json| Remembered::read(&json)).unwrap_or_default()
}

/// Stores what this tab changed since it knew `base`, beside what other tabs have changed
/// meanwhile; what is stored then. Where nothing can be stored, the next visit begins with
/// the demo.
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
        && let Ok(text) = serde_json::to_string(&now)
    {
        let _ = storage.set_item(MODELS_KEY, &text);
    }
    now
}

/// Whether a change of what is stored is one of the choice of models.
pub(crate) fn is_remembered(key: Option<&str>) -> bool {
    // Without a key, all of it was cleared.
    key.is_none_or(|key| key == MODELS_KEY)
}

/// What this tab kept, if it kept anything that can be read.
pub(crate) fn load(window: &Window) -> Option<Draft> {
    let text = storage(window)?.get_item(KEY).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps what is worth keeping. Where nothing can be kept, the page works all the same.
pub(crate) fn save_draft(window: &Window, state: &State) {
    let Some(storage) = storage(window) else { return };
    let draft = Draft::of(state);
    if !put(&storage, &draft)
        && !put(&storage, &draft.clone().shortened())
        && !put(&storage, &draft.shortest())
    {
        // An old draft would be worse than none.
        let _ = storage.remove_item(KEY);
    }
}

fn put(storage: &Storage, draft: &Draft) -> bool {
    let text = serde_json::to_string(draft);
    text.is_ok_and(|text| storage.set_item(KEY, &text).is_ok())
}

/// Reading `sessionStorage` itself throws where it is switched off.
fn storage(window: &Window) -> Option<Storage> {
    window.session_storage().ok().flatten()
}

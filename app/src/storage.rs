//! The draft in the browser's storage, which may be full, switched off or hold anything.

use web_sys::{Storage, Window};

use crate::state::{Draft, State};

const KEY: &str = "next-token-visualizer.draft";

/// What this tab kept, if it kept anything that can be read.
pub(crate) fn load(window: &Window) -> Option<Draft> {
    let text = storage(window)?.get_item(KEY).ok().flatten()?;
    serde_json::from_str(&text).ok()
}

/// Keeps what is worth keeping. Where nothing can be kept, the page works all the same.
pub(crate) fn save(window: &Window, state: &State) {
    let Some(storage) = storage(window) else { return };
    let draft = Draft::of(state);
    if !put(&storage, &draft) && !put(&storage, &draft.shortened()) {
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

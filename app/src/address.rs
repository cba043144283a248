//! The page's own address, whose fragment can be a link to a session.

use wasm_bindgen::JsValue;
use web_sys::Window;

/// The link to a session that the address is; none if it is none.
pub(crate) fn link(window: &Window) -> Option<String> {
    let fragment = window.location().hash().ok()?;
    fragment.trim_start_matches('#').starts_with(sharing::link::KEY).then_some(fragment)
}

/// The address with another fragment, without parameters.
pub(crate) fn with_fragment(window: &Window, fragment: &str) -> String {
    let address = window.location().href().unwrap_or_default();
    let plain = address.split(['?', '#']).next().unwrap_or_default();
    format!("{plain}#{fragment}")
}

/// Takes a link out of the address: what it leads to is open, and goes on from there.
pub(crate) fn remove_link(window: &Window) {
    if link(window).is_some()
        && let Ok(address) = window.location().href()
        && let Ok(history) = window.history()
    {
        let plain = address.split('#').next();
        // If the browser refuses, loading the page again opens the link again.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", plain);
    }
}

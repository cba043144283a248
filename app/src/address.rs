//! The page's own address, whose fragment can be a link to a session, and whose query says whether
//! the GPU is used.

use wasm_bindgen::JsValue;
use web_sys::{Url, Window};

use crate::state::GpuUse;

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

/// The parameter that says whether the GPU is used, and its values.
const DEVICE: &str = "device";
const GPU: &str = "gpu";
const IF_FASTER: &str = "auto";

/// Whether the address asks for the GPU.
pub(crate) fn gpu_use(window: &Window) -> GpuUse {
    let device = url(window).and_then(|url| url.search_params().get(DEVICE));
    match device.as_deref() {
        Some(GPU) => GpuUse::On,
        Some(IF_FASTER) => GpuUse::IfFaster,
        _ => GpuUse::Off,
    }
}

/// Writes into the address whether the GPU is used.
pub(crate) fn use_gpu(window: &Window, gpu: GpuUse) {
    let Some((url, history)) = url(window).zip(window.history().ok()) else { return };
    let params = url.search_params();
    match gpu {
        GpuUse::Off => params.delete(DEVICE),
        GpuUse::IfFaster => params.set(DEVICE, IF_FASTER),
        GpuUse::On => params.set(DEVICE, GPU),
    }
    // If the browser refuses, the GPU is used as before.
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&url.href()));
}

fn url(window: &Window) -> Option<Url> {
    Url::new(&window.location().href().ok()?).ok()
}

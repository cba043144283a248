//! JavaScript's errors in words.

use wasm_bindgen::{JsCast, JsValue};

/// A JavaScript error as text.
pub(crate) fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "unknown fault".into()),
    }
}

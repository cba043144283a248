//! The worker's clocks.

use wasm_bindgen::JsCast;
use web_sys::DedicatedWorkerGlobalScope;

/// Milliseconds since any fixed moment. Never goes back.
pub(crate) fn monotonic_ms() -> f64 {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    scope.performance().map_or_else(js_sys::Date::now, |clock| clock.now())
}

/// Seconds since 1970.
pub(crate) fn unix_seconds() -> i64 {
    (js_sys::Date::now() / 1000.0) as i64
}

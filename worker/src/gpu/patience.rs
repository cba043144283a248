//! How long a device may take for an answer.

use std::pin::pin;

use futures_util::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use wasm_bindgen::JsValue;

/// How long a pass may take, in milliseconds, before the device counts as lost.
const PATIENCE_MS: u32 = 60_000;

/// What the device answers, unless it takes too long.
///
/// # Errors
/// If it fails, or takes too long.
pub(super) async fn patiently<T>(
    answer: impl Future<Output = Result<T, JsValue>>,
) -> Result<T, JsValue> {
    match select(pin!(answer), TimeoutFuture::new(PATIENCE_MS)).await {
        Either::Left((answer, _)) => answer,
        Either::Right(_) => Err("it does not answer".into()),
    }
}

//! Memory for what comes from outside: it is asked for, and may be refused. What allocates
//! as if there were always enough ends the worker where there is not.

use js_sys::{Array, Function, Reflect, Uint8Array};
use protocol::{ErrorCode, Failure};
use wasm_bindgen::JsCast;

/// So many zeros in WebAssembly's memory; none if there is no room for them.
pub(crate) fn zeros(length: u64) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    bytes.resize(length, 0);
    Some(bytes)
}

/// So many zeros in JavaScript's memory; none if there is no room for them.
pub(crate) fn js_zeros(length: u32) -> Option<Uint8Array> {
    // Its own constructor throws, which would end the worker.
    let constructor = Reflect::get(&js_sys::global(), &"Uint8Array".into()).ok()?;
    let constructor: &Function = constructor.dyn_ref()?;
    let array = Reflect::construct(constructor, &Array::of1(&length.into())).ok()?;
    Some(array.unchecked_into())
}

/// What a person is told where there is no room.
pub(crate) fn refused() -> Failure {
    Failure {
        code: ErrorCode::OutOfMemory,
        message: "There is not enough memory for this model.".into(),
        hint: Some("Choose a smaller model, or close other tabs.".into()),
    }
}

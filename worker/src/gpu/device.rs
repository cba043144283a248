//! The browser's device: opened with the limits that matter, and watched for faults.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::EventListener;
use gpu::{Limits, Variant};
use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::DedicatedWorkerGlobalScope;

use super::bindings::{Adapter, Buffer, Device, Gpu, object};
use crate::js_error::describe;

/// The most bytes of a buffer that are asked for: what devices can bind in one piece without
/// trouble with 32 bits.
const MOST_BYTES: f64 = (1u64 << 30) as f64;

/// Errors that a scope hears, in the order in which scopes begin.
const FILTERS: [&str; 3] = ["internal", "out-of-memory", "validation"];

/// A device that can compute.
pub(super) struct OpenDevice {
    pub(super) device: Device,
    pub(super) limits: Limits,
    /// What kernels may use beyond the core.
    pub(super) extras: Variant,
    /// What the browser tells of the hardware.
    pub(super) adapter: String,
    /// Whether there is no hardware: the processor computes what the device does.
    pub(super) software: bool,
    /// Why it cannot be used any more.
    fault: Rc<RefCell<Option<String>>>,
    _listener: EventListener,
}

/// What the scopes of errors around some calls say.
pub(super) struct Scopes([JsFuture; 3]);

impl OpenDevice {
    /// Opens the browser's device.
    ///
    /// # Errors
    /// If there is none.
    pub(super) async fn open(
        scope: &DedicatedWorkerGlobalScope,
    ) -> Result<OpenDevice, JsValue> {
        let gpu = Reflect::get(&scope.navigator(), &"gpu".into())?;
        if gpu.is_falsy() {
            return Err("This browser has no WebGPU here.".into());
        }
        let gpu: Gpu = gpu.unchecked_into();
        let adapter = gpu.adapter()?.await?;
        if adapter.is_falsy() {
            return Err("This browser has no GPU that it can use.".into());
        }
        let integers =
            has(&gpu, "wgslLanguageFeatures", "packed_4x8_integer_dot_product");
        let subgroups = has(&adapter, "features", "subgroups");
        let extras = Variant { subgroups, integers };
        let adapter: Adapter = adapter.unchecked_into();
        let limit = |name: &str, least: f64| -> Result<f64, JsValue> {
            let limit = Reflect::get(&adapter.limits(), &name.into())?.as_f64();
            Ok(limit.unwrap_or(least).min(MOST_BYTES).max(least))
        };
        let least = Limits::DEFAULT;
        let buffer = limit("maxBufferSize", least.buffer_bytes as f64)?;
        let binding =
            limit("maxStorageBufferBindingSize", least.binding_bytes as f64)?.min(buffer);
        let asked = object(&[
            ("maxBufferSize", buffer.into()),
            ("maxStorageBufferBindingSize", binding.into()),
        ])?;
        let features = subgroups.then(|| JsValue::from("subgroups"));
        let asked = object(&[
            ("requiredLimits", asked),
            ("requiredFeatures", features.into_iter().collect::<Array>().into()),
        ])?;
        let info = Reflect::get(&adapter, &"info".into()).unwrap_or_default();
        let device: Device = adapter.device(&asked)?.await?.unchecked_into();
        // In whole tiles of any format.
        let binding_bytes = binding as u64 & !0xFFFF;
        let limits = Limits { binding_bytes, buffer_bytes: buffer as u64, ..least };
        let fault = Rc::new(RefCell::new(None));
        let lost = device.lost();
        let note = fault.clone();
        spawn_local(async move {
            let _ = lost.await;
            note.borrow_mut().get_or_insert_with(|| "the device is lost".to_owned());
        });
        let note = fault.clone();
        let _listener = EventListener::new(&device, "uncapturederror", move |event| {
            let error = Reflect::get(event, &"error".into()).unwrap_or_default();
            note.borrow_mut().get_or_insert(message(&error));
        });
        let software = Reflect::get(&info, &"isFallbackAdapter".into());
        let software = software.is_ok_and(|software| software.is_truthy());
        let adapter = about(&info);
        Ok(OpenDevice { device, limits, extras, adapter, software, fault, _listener })
    }

    /// Whether it is usable.
    ///
    /// # Errors
    /// If it is lost, or has told of an error.
    pub(super) fn check(&self) -> Result<(), JsValue> {
        match &*self.fault.borrow() {
            Some(fault) => Err(fault.as_str().into()),
            None => Ok(()),
        }
    }

    /// A buffer.
    pub(super) fn buffer(&self, bytes: u64, usage: u32) -> Result<Buffer, JsValue> {
        let size = bytes as f64;
        let descriptor = object(&[("size", size.into()), ("usage", usage.into())])?;
        self.device.create_buffer(&descriptor)
    }

    /// Begins to hear errors.
    pub(super) fn begin_scopes(&self) {
        FILTERS.iter().for_each(|filter| self.device.push_error_scope(filter));
    }

    /// Ends hearing what began last.
    pub(super) fn end_scopes(&self) -> Result<Scopes, JsValue> {
        let device = &self.device;
        Ok(Scopes([device.error()?, device.error()?, device.error()?]))
    }
}

impl Scopes {
    /// Waits for what they have heard.
    ///
    /// # Errors
    /// If that is an error.
    pub(super) async fn check(self) -> Result<(), JsValue> {
        for scope in self.0 {
            let error = scope.await?;
            if error.is_truthy() {
                return Err(message(&error).into());
            }
        }
        Ok(())
    }
}

/// Whether one of the sets of an object of WebGPU has a name.
fn has(object: &JsValue, set: &str, name: &str) -> bool {
    let set = Reflect::get(object, &set.into()).unwrap_or_default();
    let of_set = Reflect::get(&set, &"has".into()).ok();
    let of_set = of_set.and_then(|has| has.dyn_into::<Function>().ok());
    let answer = of_set.and_then(|has| has.call1(&set, &name.into()).ok());
    answer.is_some_and(|answer| answer.is_truthy())
}

/// Who made the hardware, and what it is, as far as the browser tells.
fn about(info: &JsValue) -> String {
    let parts = ["vendor", "architecture", "device", "description"].map(|name| {
        let part = Reflect::get(info, &name.into()).ok();
        part.and_then(|part| part.as_string()).unwrap_or_default()
    });
    parts.join("|")
}

/// What an error of WebGPU says, or any other.
pub(super) fn message(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok();
    message.and_then(|message| message.as_string()).unwrap_or_else(|| describe(error))
}

//! What of WebGPU's interfaces is used here, declared by hand: `web-sys` has them only with a
//! flag for the whole build.
#![expect(clippy::disallowed_types, reason = "each promise is held as a future at once")]

use js_sys::{Array, ArrayBuffer, Object, Promise, Reflect, Uint8Array, Uint32Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::EventTarget;

/// `GPUBufferUsage`.
pub(super) const MAP_READ: u32 = 1;
pub(super) const COPY_SRC: u32 = 4;
pub(super) const COPY_DST: u32 = 8;
pub(super) const UNIFORM: u32 = 64;
pub(super) const STORAGE: u32 = 128;
/// `GPUMapMode.READ`.
const MODE_READ: u32 = 1;
/// `GPUShaderStage.COMPUTE`.
pub(super) const COMPUTE: u32 = 4;

#[wasm_bindgen]
extern "C" {
    /// `GPU`, of a navigator.
    pub(super) type Gpu;
    #[wasm_bindgen(method, catch, js_name = requestAdapter)]
    fn request_adapter(this: &Gpu, options: &JsValue) -> Result<Promise, JsValue>;

    /// `GPUAdapter`.
    pub(super) type Adapter;
    #[wasm_bindgen(method, getter)]
    pub(super) fn limits(this: &Adapter) -> JsValue;
    #[wasm_bindgen(method, catch, js_name = requestDevice)]
    fn request_device(this: &Adapter, descriptor: &JsValue) -> Result<Promise, JsValue>;

    /// `GPUDevice`.
    #[wasm_bindgen(extends = EventTarget)]
    pub(super) type Device;
    #[wasm_bindgen(method, getter)]
    pub(super) fn queue(this: &Device) -> Queue;
    #[wasm_bindgen(method, getter, js_name = lost)]
    fn lost_promise(this: &Device) -> Promise;
    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Device);
    #[wasm_bindgen(method, catch, js_name = createBuffer)]
    pub(super) fn create_buffer(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<Buffer, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createShaderModule)]
    pub(super) fn create_shader_module(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createBindGroupLayout)]
    pub(super) fn create_bind_group_layout(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createPipelineLayout)]
    pub(super) fn create_pipeline_layout(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createComputePipelineAsync)]
    fn create_compute_pipeline(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createBindGroup)]
    pub(super) fn create_bind_group(
        this: &Device,
        descriptor: &JsValue,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createCommandEncoder)]
    pub(super) fn create_command_encoder(this: &Device) -> Result<Encoder, JsValue>;
    #[wasm_bindgen(method, js_name = pushErrorScope)]
    pub(super) fn push_error_scope(this: &Device, filter: &str);
    #[wasm_bindgen(method, catch, js_name = popErrorScope)]
    fn pop_error_scope(this: &Device) -> Result<Promise, JsValue>;

    /// `GPUQueue`.
    pub(super) type Queue;
    #[wasm_bindgen(method, catch, js_name = writeBuffer)]
    pub(super) fn write_buffer(
        this: &Queue,
        buffer: &Buffer,
        offset: f64,
        data: &Uint8Array,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = writeBuffer)]
    pub(super) fn write_part(
        this: &Queue,
        buffer: &Buffer,
        offset: f64,
        data: &Uint8Array,
        data_offset: f64,
        size: f64,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn submit(this: &Queue, commands: &Array) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = onSubmittedWorkDone)]
    fn on_submitted_work_done(this: &Queue) -> Result<Promise, JsValue>;

    /// `GPUBuffer`.
    pub(super) type Buffer;
    #[wasm_bindgen(method, catch, js_name = mapAsync)]
    fn map_async(
        this: &Buffer,
        mode: u32,
        offset: f64,
        bytes: f64,
    ) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getMappedRange)]
    pub(super) fn mapped_range(
        this: &Buffer,
        offset: f64,
        bytes: f64,
    ) -> Result<ArrayBuffer, JsValue>;
    #[wasm_bindgen(method)]
    pub(super) fn unmap(this: &Buffer);
    #[wasm_bindgen(method)]
    pub(super) fn destroy(this: &Buffer);

    /// `GPUCommandEncoder`.
    pub(super) type Encoder;
    #[wasm_bindgen(method, catch, js_name = beginComputePass)]
    pub(super) fn begin_compute_pass(this: &Encoder) -> Result<ComputePass, JsValue>;
    #[wasm_bindgen(method, catch, js_name = copyBufferToBuffer)]
    pub(super) fn copy_buffer(
        this: &Encoder,
        from: &Buffer,
        from_offset: f64,
        to: &Buffer,
        to_offset: f64,
        bytes: f64,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    pub(super) fn finish(this: &Encoder) -> Result<JsValue, JsValue>;

    /// `GPUComputePassEncoder`.
    pub(super) type ComputePass;
    #[wasm_bindgen(method, js_name = setPipeline)]
    pub(super) fn set_pipeline(this: &ComputePass, pipeline: &JsValue);
    #[wasm_bindgen(method, catch, js_name = setBindGroup)]
    pub(super) fn set_bind_group(
        this: &ComputePass,
        index: u32,
        group: &JsValue,
        offsets: &Uint32Array,
        first_offset: f64,
        count: u32,
    ) -> Result<(), JsValue>;
    #[wasm_bindgen(method, js_name = dispatchWorkgroups)]
    pub(super) fn dispatch(this: &ComputePass, x: u32, y: u32, z: u32);
    #[wasm_bindgen(method)]
    pub(super) fn end(this: &ComputePass);
}

impl Gpu {
    /// The adapter that is fastest, or null.
    pub(super) fn adapter(&self) -> Result<JsFuture, JsValue> {
        let options = object(&[("powerPreference", "high-performance".into())])?;
        Ok(self.request_adapter(&options)?.into())
    }
}

impl Adapter {
    /// A device that a `GPUDeviceDescriptor` asks for.
    pub(super) fn device(&self, descriptor: &JsValue) -> Result<JsFuture, JsValue> {
        Ok(self.request_device(descriptor)?.into())
    }
}

impl Device {
    /// What ends when the device is lost.
    pub(super) fn lost(&self) -> JsFuture {
        self.lost_promise().into()
    }

    /// A pipeline that is compiled meanwhile.
    pub(super) fn pipeline(&self, descriptor: &JsValue) -> Result<JsFuture, JsValue> {
        Ok(self.create_compute_pipeline(descriptor)?.into())
    }

    /// The first error since the last `push_error_scope`, or null.
    pub(super) fn error(&self) -> Result<JsFuture, JsValue> {
        Ok(self.pop_error_scope()?.into())
    }
}

impl Queue {
    /// What ends when all that was submitted is done.
    pub(super) fn done(&self) -> Result<JsFuture, JsValue> {
        Ok(self.on_submitted_work_done()?.into())
    }
}

impl Buffer {
    /// What ends when so many bytes of the buffer can be read.
    pub(super) fn map(&self, bytes: f64) -> Result<JsFuture, JsValue> {
        Ok(self.map_async(MODE_READ, 0.0, bytes)?.into())
    }
}

/// A JavaScript object with these fields.
pub(super) fn object(fields: &[(&str, JsValue)]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value)?;
    }
    Ok(object.into())
}

//! The kernels of a plan, compiled by the browser.

use gpu::{Access, Kernel, PARAMS_BYTES};
use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::bindings::{COMPUTE, object};
use super::model::{DeviceModel, Pipeline};

impl DeviceModel {
    /// Compiles all kernels that are not compiled yet, at once.
    pub(super) async fn compile(&mut self) -> Result<(), JsValue> {
        self.device.begin_scopes();
        let missing = &self.plan.kernels()[self.pipelines.len()..];
        let started: Result<Vec<_>, JsValue> =
            missing.iter().map(|kernel| self.start(kernel)).collect();
        let scopes = self.device.end_scopes()?;
        for (pipeline, layout) in started? {
            let pipeline = pipeline.await?;
            self.pipelines.push(Pipeline { pipeline, layout });
        }
        scopes.check().await
    }

    fn start(&self, kernel: &Kernel) -> Result<(JsFuture, JsValue), JsValue> {
        let device = &self.device.device;
        let entry = |binding: usize, buffer: JsValue| {
            object(&[
                ("binding", (binding as u32).into()),
                ("visibility", COMPUTE.into()),
                ("buffer", buffer),
            ])
        };
        let entries = Array::new();
        let params = object(&[
            ("type", "uniform".into()),
            ("hasDynamicOffset", true.into()),
            ("minBindingSize", (PARAMS_BYTES as u32).into()),
        ])?;
        entries.push(&entry(0, params)?);
        for (index, access) in kernel.buffers.iter().enumerate() {
            let kind = match access {
                Access::Read => "read-only-storage",
                Access::Write => "storage",
            };
            entries.push(&entry(index + 1, object(&[("type", kind.into())])?)?);
        }
        let layout =
            device.create_bind_group_layout(&object(&[("entries", entries.into())])?)?;
        let layouts = Array::of1(&layout);
        let of_pipeline = device
            .create_pipeline_layout(&object(&[("bindGroupLayouts", layouts.into())])?)?;
        let code = kernel.source.as_str().into();
        let module = device.create_shader_module(&object(&[("code", code)])?)?;
        let compute = object(&[("module", module), ("entryPoint", "main".into())])?;
        let descriptor = object(&[("layout", of_pipeline), ("compute", compute)])?;
        Ok((device.pipeline(&descriptor)?, layout))
    }
}

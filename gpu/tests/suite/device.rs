//! A device, and dispatches on it.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};

use gpu::{Access, Grid, Kernel, PARAMS_BYTES, Params};
use wgpu::{BufferUsages, PollType};

/// A device with the limits that every device of WebGPU has, and no feature but subgroups.
pub(crate) struct Gpu {
    /// Whether it has these.
    pub(crate) has_subgroups: bool,
    pub(crate) device: wgpu::Device,
    pub(crate) queue: wgpu::Queue,
    pipelines: Mutex<HashMap<String, Pipeline>>,
}

/// A compiled kernel.
#[derive(Clone)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// The device that all tests share; `None` if there is none, and the test is to be skipped.
pub(crate) fn gpu() -> Option<&'static Gpu> {
    static GPU: OnceLock<Result<Gpu, String>> = OnceLock::new();
    match GPU.get_or_init(|| block_on(open())) {
        Ok(gpu) => Some(gpu),
        Err(reason) => {
            let reason = format!(
                "there is no Vulkan device ({reason}); Chromium and Chrome bring one in \
                 software, which `cargo xtask test` names to the tests"
            );
            match cfg!(all(target_os = "linux", target_arch = "x86_64")) {
                true => test_support::missing(&reason),
                false => test_support::skip(&reason),
            }
            None
        }
    }
}

async fn open() -> Result<Gpu, String> {
    if wgpu::Instance::enabled_backend_features().is_empty() {
        return Err("wgpu has no backend here".to_owned());
    }
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends: wgpu::Backends::VULKAN,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let options = wgpu::RequestAdapterOptions::default();
    let adapter = instance.request_adapter(&options).await.map_err(|e| e.to_string())?;
    let required_features = adapter.features() & wgpu::Features::SUBGROUP;
    let descriptor = wgpu::DeviceDescriptor { required_features, ..Default::default() };
    let opened = adapter.request_device(&descriptor).await;
    let (device, queue) = opened.map_err(|error| error.to_string())?;
    let has_subgroups = !required_features.is_empty();
    Ok(Gpu { has_subgroups, device, queue, pipelines: Mutex::default() })
}

/// Waits for what needs nobody else to go on.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
        std::thread::yield_now();
    }
}

impl Gpu {
    /// The pipeline of a kernel, compiled once. Kernels of the same name must be the same.
    pub(crate) fn pipeline(&self, kernel: &Kernel) -> Pipeline {
        let mut pipelines = self.pipelines.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{}\n{}", kernel.name, kernel.source);
        pipelines.entry(key).or_insert_with(|| self.compile(kernel)).clone()
    }

    fn compile(&self, kernel: &Kernel) -> Pipeline {
        let entry = |binding: usize, ty, has_dynamic_offset| wgpu::BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty,
                has_dynamic_offset,
                min_binding_size: None,
            },
            count: None,
        };
        let mut entries = vec![entry(0, wgpu::BufferBindingType::Uniform, true)];
        for (index, access) in kernel.buffers.iter().enumerate() {
            let read_only = *access == Access::Read;
            let ty = wgpu::BufferBindingType::Storage { read_only };
            entries.push(entry(index + 1, ty, false));
        }
        let (device, label) = (&self.device, Some(kernel.name.as_str()));
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label,
            entries: &entries,
        });
        let pipeline_layout =
            device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label,
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
        // wgpu has subgroups without the line that browsers want.
        let source = kernel.source.replace("enable subgroups;", "");
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
            label,
            source: wgpu::ShaderSource::Wgsl(source.into()),
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                // It takes most of a compiler's time in software, and no shader may count on it.
                zero_initialize_workgroup_memory: false,
                ..Default::default()
            },
            cache: None,
        });
        Pipeline { pipeline, layout }
    }

    /// A buffer that shaders use.
    pub(crate) fn buffer(&self, bytes: u64, usage: BufferUsages) -> wgpu::Buffer {
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: usage | BufferUsages::COPY_SRC | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// What a kernel is bound to. Numbers of dispatches are in `params`.
    pub(crate) fn bind(
        &self,
        pipeline: &Pipeline,
        params: &wgpu::Buffer,
        buffers: &[&wgpu::Buffer],
    ) -> wgpu::BindGroup {
        let size = std::num::NonZeroU64::new(PARAMS_BYTES as u64);
        let params = wgpu::BufferBinding { buffer: params, offset: 0, size };
        let mut entries = vec![wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(params),
        }];
        for (buffer, binding) in buffers.iter().zip(1..) {
            entries.push(wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            });
        }
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: None,
            layout: &pipeline.layout,
            entries: &entries,
        })
    }

    /// Runs one dispatch over buffers with these words, and returns them as they are then.
    pub(crate) fn run(
        &self,
        kernel: &Kernel,
        (params, grid): (Params, Grid),
        buffers: &[Vec<u32>],
    ) -> Vec<Vec<u32>> {
        assert_eq!(kernel.buffers.len(), buffers.len(), "{}", kernel.name);
        let pipeline = self.pipeline(kernel);
        let params_buffer = self.buffer(PARAMS_BYTES as u64, BufferUsages::UNIFORM);
        self.queue.write_buffer(&params_buffer, 0, &params.bytes());
        let on_device: Vec<wgpu::Buffer> = buffers
            .iter()
            .map(|words| {
                let buffer = self.buffer(4 * words.len() as u64, BufferUsages::STORAGE);
                let bytes: Vec<u8> =
                    words.iter().flat_map(|word| word.to_le_bytes()).collect();
                self.queue.write_buffer(&buffer, 0, &bytes);
                buffer
            })
            .collect();
        let bound: Vec<&wgpu::Buffer> = on_device.iter().collect();
        let group = self.bind(&pipeline, &params_buffer, &bound);
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let mut pass = encoder.begin_compute_pass(&Default::default());
        pass.set_pipeline(&pipeline.pipeline);
        pass.set_bind_group(0, &group, &[0]);
        pass.dispatch_workgroups(grid.x, grid.y, grid.z);
        drop(pass);
        self.queue.submit([encoder.finish()]);
        let sizes = on_device.iter().zip(buffers);
        sizes.map(|(buffer, words)| self.words(buffer, words.len())).collect()
    }

    /// The first words of a buffer.
    pub(crate) fn words(&self, buffer: &wgpu::Buffer, count: usize) -> Vec<u32> {
        let bytes = 4 * count as u64;
        let copy = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: None,
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &copy, 0, bytes);
        self.queue.submit([encoder.finish()]);
        copy.map_async(wgpu::MapMode::Read, .., |mapped| mapped.unwrap());
        self.device.poll(PollType::wait_indefinitely()).unwrap();
        let mapped = copy.get_mapped_range(..).unwrap();
        mapped.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect()
    }
}

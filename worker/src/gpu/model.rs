//! A model on the browser's device: its plan, with buffers that have its weights, and compiled
//! pipelines.

use std::collections::HashMap;

use gpu::CacheNumbers;
use gpu::decoder::missing_part;
use gpu::plan::{BufferId, Plan, PlanLimits};
use js_sys::Uint8Array;
use model_files::config::{Config, RopeConfig};
use protocol::PromptDevice;
use wasm_bindgen::JsValue;

use super::bindings::{Buffer, COPY_DST, COPY_SRC, STORAGE};
use super::chosen::Variants;
use super::device::{OpenDevice, message};
use super::in_flight::Ahead;
use super::staging::Staging;
use super::weights::{ModelWeights, Watch, block_of};

/// The most tokens of a pass.
pub(super) const MOST_PASS_TOKENS: usize = 128;

/// The longest text, in tokens.
const MOST_POSITIONS: usize = 8192;

/// The most bytes of keys and values.
const MOST_CACHE_BYTES: usize = 512 << 20;

/// Bytes of weights that are written at once: as many are in JavaScript's memory then.
const WRITTEN_BYTES: usize = 4 << 20;

/// Bytes after which the device has its time to take them.
const BYTES_BETWEEN_WAITS: usize = 32 << 20;

/// Why a model is not on the device: for people, and for logs.
pub(super) struct Refusal {
    pub(super) device: PromptDevice,
    pub(super) reason: String,
}

/// What of a model a device is to have.
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// The longest text that it can read.
    positions: usize,
}

/// A model on the device.
pub(super) struct DeviceModel {
    pub(super) device: OpenDevice,
    pub(super) plan: Plan,
    pub(super) buffers: Vec<Buffer>,
    pub(super) pipelines: Vec<Pipeline>,
    /// What kernels were bound to so far.
    pub(super) bound: HashMap<(usize, Vec<BufferId>), JsValue>,
    pub(super) staging: Staging,
    pub(super) ahead: Ahead,
    /// The angles of most layers, and of those with a window.
    pub(super) angles: Vec<Angles>,
    pub(super) variants: Variants,
    /// The longest text that it can read.
    pub(super) positions: usize,
    pub(super) hidden_size: usize,
    /// Whether it gives the logits after the last token of a text.
    pub(super) gives_logits: bool,
}

/// What pairs of channels turn by.
pub(super) struct Angles {
    pub(super) frequencies: Vec<f64>,
    pub(super) factor: f64,
}

/// A compiled kernel.
pub(super) struct Pipeline {
    pub(super) pipeline: JsValue,
    pub(super) layout: JsValue,
}

impl Angles {
    fn new(rope: &RopeConfig) -> Angles {
        Angles { frequencies: rope.frequencies(false), factor: rope.attention_factor() }
    }
}

impl Refusal {
    pub(super) fn new(device: PromptDevice, reason: &str) -> Refusal {
        Refusal { device, reason: reason.to_owned() }
    }

    /// Writes the reason to the console; returns what people are told.
    pub(super) fn told(self) -> PromptDevice {
        let words = "The GPU does not read prompts:";
        web_sys::console::warn_2(&words.into(), &self.reason.into());
        self.device
    }
}

impl From<JsValue> for Refusal {
    /// What the device refuses is more than it has room for: its programs are the same for all
    /// models.
    fn from(error: JsValue) -> Refusal {
        Refusal::new(PromptDevice::TooLarge, &message(&error))
    }
}

impl Planned {
    /// The plan of a model for a device. It reads texts, with the logits after the last token.
    ///
    /// # Errors
    /// If its parts are not all in a plan, or the device has no room for it.
    pub(super) fn new(
        device: &OpenDevice,
        config: &Config,
        weights: ModelWeights<'_>,
    ) -> Result<Planned, Refusal> {
        let other = |what: &str| Refusal::new(PromptDevice::OtherModel, what);
        if let Some(part) = missing_part(config) {
            return Err(other(&format!("it has {part}")));
        }
        let shape = weights.shape(config, CacheNumbers::Full);
        let mut shape = shape.ok_or_else(|| other("its weights are of another kind"))?;
        let whole = shape.cache.position_bytes(&shape.heads)
            * shape.layers.len()
            * config.context_length.min(MOST_POSITIONS);
        // What was read with keys and values in 16 bits is less precise.
        if whole > MOST_CACHE_BYTES {
            shape.cache = CacheNumbers::Half;
        }
        let position_bytes = shape.cache.position_bytes(&shape.heads);
        let positions = (MOST_CACHE_BYTES / (position_bytes * shape.layers.len().max(1)))
            .min(device.limits.bound_bytes() as usize / position_bytes.max(1))
            .min(config.context_length)
            .min(MOST_POSITIONS);
        let limits = PlanLimits {
            device: device.limits,
            positions,
            tokens: MOST_PASS_TOKENS.min(positions),
            logit_rows: 1,
        };
        if positions == 0 {
            return Err(Refusal::new(
                PromptDevice::TooLarge,
                "it has no room for a text",
            ));
        }
        let plan =
            Plan::new(shape, limits).map_err(|_| other("its widths do not fit"))?;
        let most = device.limits.bound_bytes();
        if plan.buffers().iter().any(|buffer| buffer.bytes > most) {
            return Err(Refusal::new(PromptDevice::TooLarge, "a buffer is too large"));
        }
        Ok(Planned { plan, positions })
    }
}

impl DeviceModel {
    /// Puts a model on a device.
    ///
    /// # Errors
    /// If the device has no room for it.
    pub(super) async fn new(
        device: OpenDevice,
        planned: Planned,
        config: &Config,
        weights: ModelWeights<'_>,
        watch: Watch<'_>,
    ) -> Result<DeviceModel, Refusal> {
        let Planned { plan, positions } = planned;
        let ropes = [Some(&config.rope), config.local_rope.as_ref()];
        let mut model = DeviceModel {
            plan,
            buffers: Vec::new(),
            pipelines: Vec::new(),
            bound: HashMap::new(),
            staging: Staging::new(),
            ahead: Ahead::default(),
            variants: Variants::default(),
            angles: ropes.into_iter().flatten().map(Angles::new).collect(),
            positions,
            hidden_size: config.hidden_size,
            gives_logits: true,
            device,
        };
        let built = match model.compile().await {
            Ok(()) => model.fill(weights, watch).await,
            Err(error) => Err(error),
        };
        match built {
            Ok(()) => Ok(model),
            Err(error) => {
                model.destroy();
                Err(error.into())
            }
        }
    }

    /// Makes all buffers and writes the weights, in pieces.
    async fn fill(
        &mut self,
        weights: ModelWeights<'_>,
        watch: Watch<'_>,
    ) -> Result<(), JsValue> {
        let missing = || JsValue::from("the model lacks weights");
        let (mut written, mut blocks) = (0, 0);
        for index in 0..self.plan.buffers().len() {
            let buffer = self.plan.buffers()[index].clone();
            self.device.begin_scopes();
            let made = self.device.buffer(buffer.bytes, STORAGE | COPY_SRC | COPY_DST);
            self.device.end_scopes()?.check().await?;
            self.buffers.push(made?);
            let length = weights.length(&buffer.content).ok_or_else(missing)?;
            for at in (0..length).step_by(WRITTEN_BYTES) {
                let end = length.min(at + WRITTEN_BYTES);
                let piece = weights.bytes(&buffer.content, at..end)?;
                self.write(BufferId(index), at, &piece)?;
                written += piece.len();
                if written >= BYTES_BETWEEN_WAITS {
                    written = 0;
                    self.device.device.queue().done()?.await?;
                    self.device.check()?;
                    watch(blocks)?;
                }
            }
            blocks = block_of(&buffer.content).map_or(blocks, |block| blocks.max(block));
            self.device.check()?;
        }
        self.device.device.queue().done()?.await?;
        self.device.check()
    }

    /// Writes bytes to a buffer, and zeros up to the next word.
    pub(super) fn write(
        &self,
        buffer: BufferId,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), JsValue> {
        // A copy: memory that threads share is not what all browsers take.
        let data = Uint8Array::new_with_length(bytes.len().next_multiple_of(4) as u32);
        data.subarray(0, bytes.len() as u32).copy_from(bytes);
        let queue = self.device.device.queue();
        queue.write_buffer(&self.buffers[buffer.0], offset as f64, &data)
    }

    /// Gives back all memory of the device, and the device.
    pub(super) fn destroy(self) {
        self.buffers.iter().for_each(Buffer::destroy);
        self.staging.destroy();
        self.device.device.destroy();
    }
}

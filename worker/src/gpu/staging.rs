//! Memory that every pass uses again: the numbers of its dispatches, and the buffers in which
//! what it has computed comes back.

use std::cell::RefCell;

use gpu::PARAMS_BYTES;
use gpu::plan::{BufferId, Step};
use js_sys::{Array, ArrayBuffer, Uint8Array, Uint32Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::bindings::{Buffer, COPY_DST, MAP_READ, UNIFORM, object};
use super::device::OpenDevice;
use super::model::DeviceModel;

/// Bytes from the numbers of one dispatch to those of the next.
const PARAMS_STRIDE: usize = 256;

/// How many buffers for what comes back are kept: one for each pass that the device has at a
/// time.
const KEPT_BUFFERS: usize = 4;

/// The largest one that is kept, in bytes: a prompt's passes can have many more than a token.
const MOST_KEPT_BYTES: usize = 16 << 20;

/// The fewest bytes of one. Their sizes are powers of two, so that few of them are enough.
const LEAST_BYTES: usize = 1 << 16;

/// What passes use again.
pub(super) struct Staging {
    numbers: Option<Numbers>,
    /// What is written next.
    bytes: Vec<u8>,
    /// The same where it is written from: memory that threads share is not what all browsers
    /// take.
    array: Uint8Array,
    /// Buffers that nothing comes back in now.
    free: RefCell<Vec<ReadBack>>,
}

/// The numbers of a pass's dispatches on the device.
struct Numbers {
    buffer: Buffer,
    /// How many dispatches there is room for.
    room: usize,
    /// Where the numbers of each dispatch are.
    offsets: Uint32Array,
}

/// A buffer in which a pass comes back.
pub(super) struct ReadBack {
    pub(super) buffer: Buffer,
    bytes: usize,
}

impl Numbers {
    fn new(device: &OpenDevice, room: usize) -> Result<Numbers, JsValue> {
        let bytes = PARAMS_STRIDE * room;
        let offsets = (0..room).map(|index| (index * PARAMS_STRIDE) as u32);
        Ok(Numbers {
            buffer: device.buffer(bytes as u64, UNIFORM | COPY_DST)?,
            room,
            offsets: Uint32Array::from(offsets.collect::<Vec<u32>>().as_slice()),
        })
    }
}

impl ReadBack {
    /// What ends when some bytes have come back.
    pub(super) fn map(&self, bytes: usize) -> Result<JsFuture, JsValue> {
        self.buffer.map(bytes as f64)
    }

    /// Those bytes, once they have.
    pub(super) fn range(&self, bytes: usize) -> Result<ArrayBuffer, JsValue> {
        self.buffer.mapped_range(0.0, bytes as f64)
    }
}

impl DeviceModel {
    /// Writes the numbers of a pass's dispatches, at once. Returns where those of each are.
    pub(super) fn write_numbers(
        &mut self,
        steps: &[Step],
    ) -> Result<Uint32Array, JsValue> {
        let Staging { numbers, bytes, array, .. } = &mut self.staging;
        bytes.clear();
        for step in steps {
            bytes.extend_from_slice(&step.params.bytes());
            bytes.resize(bytes.len().next_multiple_of(PARAMS_STRIDE), 0);
        }
        if numbers.as_ref().is_none_or(|numbers| numbers.room < steps.len()) {
            if let Some(small) = numbers.take() {
                small.buffer.destroy();
            }
            self.bound.clear();
            *numbers = Some(Numbers::new(&self.device, steps.len())?);
        }
        let numbers = numbers.as_ref().ok_or("there are no numbers")?;
        send(&self.device, &numbers.buffer, bytes, array)?;
        Ok(numbers.offsets.clone())
    }

    /// Writes words to the beginning of a buffer.
    pub(super) fn write_words(
        &mut self,
        buffer: BufferId,
        words: impl Iterator<Item = [u8; 4]>,
    ) -> Result<(), JsValue> {
        let Staging { bytes, array, .. } = &mut self.staging;
        bytes.clear();
        bytes.extend(words.flatten());
        send(&self.device, &self.buffers[buffer.0], bytes, array)
    }

    /// What a step's kernel is bound to.
    pub(super) fn bind(&mut self, step: Step) -> Result<JsValue, JsValue> {
        let key = (step.kernel, step.buffers);
        if let Some(bound) = self.bound.get(&key) {
            return Ok(bound.clone());
        }
        let entry = |binding: usize, resource: JsValue| {
            object(&[("binding", (binding as u32).into()), ("resource", resource)])
        };
        let numbers = self.staging.numbers.as_ref().ok_or("there are no numbers")?;
        let (buffer, size) = (&numbers.buffer, PARAMS_BYTES as u32);
        let resource = object(&[("buffer", buffer.into()), ("size", size.into())])?;
        let entries = Array::of1(&entry(0, resource)?);
        for (index, id) in key.1.iter().enumerate() {
            let resource = object(&[("buffer", (&self.buffers[id.0]).into())])?;
            entries.push(&entry(index + 1, resource)?);
        }
        let layout = self.pipelines[step.kernel].layout.clone();
        let descriptor = object(&[("layout", layout), ("entries", entries.into())])?;
        let bound = self.device.device.create_bind_group(&descriptor)?;
        self.bound.insert(key, bound.clone());
        Ok(bound)
    }

    /// A buffer in which so many bytes can come back.
    pub(super) fn read_back(&self, bytes: usize) -> Result<ReadBack, JsValue> {
        let mut free = self.staging.free.borrow_mut();
        if let Some(at) = free.iter().position(|kept| kept.bytes >= bytes) {
            return Ok(free.swap_remove(at));
        }
        let bytes = bytes.next_power_of_two().max(LEAST_BYTES);
        let buffer = self.device.buffer(bytes as u64, MAP_READ | COPY_DST)?;
        Ok(ReadBack { buffer, bytes })
    }

    /// Takes a buffer back that all has come back in. The largest ones are kept.
    pub(super) fn reuse(&self, read_back: ReadBack) {
        if read_back.bytes > MOST_KEPT_BYTES {
            return read_back.buffer.destroy();
        }
        read_back.buffer.unmap();
        let mut free = self.staging.free.borrow_mut();
        free.push(read_back);
        free.sort_by_key(|kept| kept.bytes);
        if free.len() > KEPT_BUFFERS {
            free.remove(0).buffer.destroy();
        }
    }
}

/// Writes bytes to the beginning of a buffer by way of an array, which grows as it has to.
fn send(
    device: &OpenDevice,
    to: &Buffer,
    bytes: &[u8],
    array: &mut Uint8Array,
) -> Result<(), JsValue> {
    let length = bytes.len() as u32;
    if array.length() < length {
        *array = Uint8Array::new_with_length(length);
    }
    array.subarray(0, length).copy_from(bytes);
    device.device.queue().write_part(to, 0.0, array, 0.0, length.into())
}

impl Staging {
    pub(super) fn new() -> Staging {
        let array = Uint8Array::new_with_length(0);
        Staging { numbers: None, bytes: Vec::new(), array, free: RefCell::default() }
    }

    /// Gives back its memory on the device.
    pub(super) fn destroy(&self) {
        if let Some(numbers) = &self.numbers {
            numbers.buffer.destroy();
        }
        self.free.borrow().iter().for_each(|kept| kept.buffer.destroy());
    }
}

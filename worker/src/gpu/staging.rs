//! Memory that every pass uses again: the numbers of its dispatches, and the buffers in which
//! what it has computed comes back.

use std::cell::RefCell;

use js_sys::{ArrayBuffer, Uint8Array, Uint32Array};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::bindings::{Buffer, COPY_DST, UNIFORM};
use super::device::OpenDevice;

/// Bytes from the numbers of one dispatch to those of the next.
pub(super) const PARAMS_STRIDE: usize = 256;

/// How many buffers for what comes back are kept: one for each pass that the device has at a
/// time.
pub(super) const KEPT_BUFFERS: usize = 4;

/// The largest one that is kept, in bytes: a prompt's passes can have many more than a token.
pub(super) const MOST_KEPT_BYTES: usize = 16 << 20;

/// The fewest bytes of one. Their sizes are powers of two, so that few of them are enough.
pub(super) const LEAST_BYTES: usize = 1 << 16;

/// What passes use again.
pub(super) struct Staging {
    pub(super) numbers: Option<Numbers>,
    /// What is written next.
    pub(super) bytes: Vec<u8>,
    /// The same where it is written from: memory that threads share is not what all browsers
    /// take.
    pub(super) array: Uint8Array,
    /// Buffers that nothing comes back in now.
    pub(super) free: RefCell<Vec<ReadBack>>,
}

/// The numbers of a pass's dispatches on the device.
pub(super) struct Numbers {
    pub(super) buffer: Buffer,
    /// How many dispatches there is room for.
    pub(super) room: usize,
    /// Where the numbers of each dispatch are.
    pub(super) offsets: Uint32Array,
}

/// A buffer in which a pass comes back.
pub(super) struct ReadBack {
    pub(super) buffer: Buffer,
    pub(super) bytes: usize,
}

impl Numbers {
    pub(super) fn new(device: &OpenDevice, room: usize) -> Result<Numbers, JsValue> {
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

/// Writes bytes to the beginning of a buffer by way of an array, which grows as it has to.
pub(super) fn send(
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

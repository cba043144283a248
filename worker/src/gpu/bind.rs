//! What passes use again, as a model has it: numbers, bind groups, and buffers that come back.

use gpu::PARAMS_BYTES;
use gpu::plan::{BufferId, Step};
use js_sys::{Array, Uint32Array};
use wasm_bindgen::JsValue;

use super::bindings::{COPY_DST, MAP_READ, object};
use super::model::DeviceModel;
use super::staging::{
    KEPT_BUFFERS, LEAST_BYTES, MOST_KEPT_BYTES, Numbers, PARAMS_STRIDE, ReadBack,
    Staging, send,
};

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

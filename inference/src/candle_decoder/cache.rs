//! The cache of one layer for one sequence.

use candle_core::{Result, Tensor};

use crate::recurrence::State;

/// Keys and values of an attention layer, inputs of a convolution layer, the state of a
/// recurrence; S positions.
#[derive(Debug, Default)]
pub(crate) struct LayerCache {
    /// [kv heads, S, D].
    pub(super) keys: Positions,
    /// [kv heads, S, D].
    pub(super) values: Positions,
    /// [1, S, H].
    pub(super) inputs: Positions,
    /// It has no positions: it can only be replaced.
    pub(super) state: State,
}

/// A growing buffer, [heads, capacity, D], of which the first `length` positions are
/// valid. Truncating only moves `length`.
#[derive(Debug, Default)]
pub(super) struct Positions {
    buffer: Option<Tensor>,
    length: usize,
}

/// Capacity of a new buffer, in positions; doubled whenever it is full.
const FIRST_CAPACITY: usize = 128;

/// The capacity of a buffer that holds `length` positions.
pub(crate) fn capacity(length: usize) -> usize {
    length.next_power_of_two().max(FIRST_CAPACITY)
}

impl LayerCache {
    /// Removes all positions from `length` on.
    pub(super) fn truncate(&mut self, length: usize) {
        for positions in [&mut self.keys, &mut self.values, &mut self.inputs] {
            positions.length = positions.length.min(length);
        }
    }

    /// Copies the first `length` positions to a new cache.
    pub(super) fn copy_prefix(&self, length: usize) -> Result<LayerCache> {
        Ok(LayerCache {
            keys: self.keys.copy_prefix(length)?,
            values: self.values.copy_prefix(length)?,
            inputs: self.inputs.copy_prefix(length)?,
            state: self.state.clone(),
        })
    }
}

impl Positions {
    fn copy_prefix(&self, length: usize) -> Result<Positions> {
        let length = self.length.min(length);
        let Some(buffer) = self.buffer.as_ref().filter(|_| length > 0) else {
            return Ok(Positions::default());
        };
        let (heads, _, width) = buffer.dims3()?;
        let shape = (heads, capacity(length), width);
        let copy = grown(shape, Some(buffer), length, buffer)?;
        Ok(Positions { buffer: Some(copy), length })
    }

    /// The first `length` positions, [heads, length, D], which must be there.
    pub(super) fn first(&self, length: usize) -> Result<Tensor> {
        match &self.buffer {
            Some(buffer) if length <= self.length => buffer.narrow(1, 0, length),
            _ => candle_core::bail!("these positions are not cached"),
        }
    }

    /// Appends T positions, [heads, T, D], always in the same number format. Returns all
    /// positions, [heads, length, D].
    pub(super) fn append(&mut self, x: &Tensor) -> Result<Tensor> {
        let (heads, added, width) = x.dims3()?;
        let length = self.length + added;
        let buffer = match self.buffer.take() {
            Some(buffer) if length <= buffer.dim(1)? => buffer,
            old => grown((heads, capacity(length), width), old.as_ref(), self.length, x)?,
        };
        buffer.slice_set(&x.contiguous()?, 1, self.length)?;
        self.length = length;
        let seen = buffer.narrow(1, 0, length)?;
        self.buffer = Some(buffer);
        Ok(seen)
    }
}

/// A new buffer with the device and number format of `like`, that starts with the first
/// `length` positions of `old`.
fn grown(
    shape: (usize, usize, usize),
    old: Option<&Tensor>,
    length: usize,
    like: &Tensor,
) -> Result<Tensor> {
    let buffer = Tensor::zeros(shape, like.dtype(), like.device())?;
    if let Some(old) = old.filter(|_| length > 0) {
        buffer.slice_set(&old.narrow(1, 0, length)?.contiguous()?, 1, 0)?;
    }
    Ok(buffer)
}

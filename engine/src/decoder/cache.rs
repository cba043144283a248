//! The keys and values of the tokens that have gone through one layer.

use candle_core::{Result, Tensor};

/// A growing pair of buffers, [kv heads, capacity, D] each, of which the first `length`
/// positions are valid. Truncating only moves `length`.
#[derive(Debug, Default)]
pub struct LayerCache {
    buffers: Option<(Tensor, Tensor)>,
    length: usize,
}

/// Positions in a new buffer; doubled whenever it is full.
const FIRST_CAPACITY: usize = 128;

impl LayerCache {
    /// Forgets all positions from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// A cache with the same first `length` positions.
    pub fn start(&self, length: usize) -> Result<LayerCache> {
        let length = self.length.min(length);
        let Some((keys, values)) = self.buffers.as_ref().filter(|_| length > 0) else {
            return Ok(LayerCache::default());
        };
        let (heads, _, head_dim) = keys.dims3()?;
        let capacity = length.next_power_of_two().max(FIRST_CAPACITY);
        let shape = (heads, capacity, head_dim);
        let copy = |buffer: &Tensor| grown(shape, Some(buffer), length, buffer);
        Ok(LayerCache { buffers: Some((copy(keys)?, copy(values)?)), length })
    }

    /// Appends keys and values of T positions, [kv heads, T, D] each, always in the same
    /// number format, and returns those of all positions, [kv heads, length, D] each.
    pub fn append(&mut self, k: &Tensor, v: &Tensor) -> Result<(Tensor, Tensor)> {
        let (heads, added, head_dim) = k.dims3()?;
        let length = self.length + added;
        let (keys, values) = match self.buffers.take() {
            Some((keys, values)) if length <= keys.dim(1)? => (keys, values),
            old => {
                let capacity = length.next_power_of_two().max(FIRST_CAPACITY);
                let shape = (heads, capacity, head_dim);
                let keys = grown(shape, old.as_ref().map(|b| &b.0), self.length, k)?;
                let values = grown(shape, old.as_ref().map(|b| &b.1), self.length, v)?;
                (keys, values)
            }
        };
        keys.slice_set(&k.contiguous()?, 1, self.length)?;
        values.slice_set(&v.contiguous()?, 1, self.length)?;
        self.length = length;
        let seen = (keys.narrow(1, 0, length)?, values.narrow(1, 0, length)?);
        self.buffers = Some((keys, values));
        Ok(seen)
    }
}

/// A new buffer, where and in the number format that `like` is, that starts with the
/// first `length` positions of `old`.
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

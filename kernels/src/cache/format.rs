//! How a cache stores numbers.

use super::layout::CACHE_LANES;

/// How a cache stores numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheFormat {
    /// As they are.
    F32,
    /// Integers in 16 bits, with a scale for each vector: as small as f16, more exact for
    /// all but the smallest channels, and quick to use where f16 is not (WebAssembly). Values
    /// use 15 bits, keys 15 to 16 unless some channel is far larger than the others.
    I16,
}

impl CacheFormat {
    /// Bytes of a vector of D numbers.
    pub fn bytes(self, head_dim: usize) -> usize {
        match self {
            CacheFormat::F32 => head_dim * size_of::<f32>(),
            CacheFormat::I16 => {
                head_dim.next_multiple_of(CACHE_LANES) * size_of::<i16>()
                    + size_of::<f32>()
            }
        }
    }
}

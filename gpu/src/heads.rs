//! The heads of a model, and the cache of their keys and values.

use half::f16;

/// The most channels of a head.
pub const MAX_HEAD_DIM: usize = 256;

/// Query heads of tokens that a workgroup has at most.
pub(crate) const MAX_ROWS: usize = 8;

/// The heads of a model's attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AttentionShape {
    /// N; a multiple of `kv_heads`.
    pub heads: usize,
    /// K.
    pub kv_heads: usize,
    /// D, at most [`MAX_HEAD_DIM`].
    pub head_dim: usize,
}

impl AttentionShape {
    pub(crate) fn group_size(&self) -> usize {
        self.heads / self.kv_heads
    }

    /// Channels of a head in the cache and among rotated queries: those after D are 0.
    pub fn padded_dim(&self) -> usize {
        self.head_dim.next_multiple_of(4)
    }

    /// Rows of a workgroup: for one token, the heads of a group.
    pub(crate) fn rows(&self, tokens: usize) -> usize {
        if tokens == 1 { self.group_size().min(MAX_ROWS) } else { MAX_ROWS }
    }

    /// Workgroups that the rows of a key/value head make.
    pub(crate) fn tiles(&self, tokens: usize) -> usize {
        (tokens * self.group_size()).div_ceil(self.rows(tokens))
    }
}

/// How a cache stores numbers. For each position it has the keys of all key/value heads, then
/// the values, so it grows and is cut at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheNumbers {
    /// f32.
    Full,
    /// f16, two in a word.
    Half,
}

impl CacheNumbers {
    /// Bytes of a position of a layer.
    pub fn position_bytes(self, shape: &AttentionShape) -> usize {
        let numbers = 2 * shape.kv_heads * shape.padded_dim();
        match self {
            CacheNumbers::Full => 4 * numbers,
            CacheNumbers::Half => 2 * numbers,
        }
    }

    /// Numbers of a cache, of its words.
    pub fn unpacked(self, words: &[u32]) -> Vec<f32> {
        match self {
            CacheNumbers::Full => {
                words.iter().map(|word| f32::from_bits(*word)).collect()
            }
            CacheNumbers::Half => {
                let halves =
                    words.iter().flat_map(|word| [*word as u16, (word >> 16) as u16]);
                halves.map(|half| f16::from_bits(half).to_f32()).collect()
            }
        }
    }
}

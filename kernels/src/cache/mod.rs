//! A compact cache of keys and values.

mod chunk;
mod format;
mod head_cache;
mod integers;
mod layout;

pub use format::CacheFormat;
pub(crate) use head_cache::ChunkVectors;
pub use head_cache::HeadCache;
pub(crate) use integers::{
    IntegerChunk, MAX_WEIGHT_SUM, quantise_to_integers, scale_by_norm,
};
pub(crate) use layout::{CACHE_LANES, lanes_around};
pub use layout::{CHUNK_POSITIONS, chunk_ranges};

//! One chunk of a cache, in either format.

use super::format::CacheFormat;
use super::integers::IntegerChunk;
use super::layout::{CHUNK_POSITIONS, ChunkLayout};
use crate::buffer::{OutOfMemory, try_with_capacity};

/// At most [`CHUNK_POSITIONS`] vectors.
#[derive(Debug)]
pub(super) enum Chunk {
    /// One vector after the other.
    F32(Vec<f32>),
    I16(Box<IntegerChunk>),
}

impl Chunk {
    /// With room for [`CHUNK_POSITIONS`] vectors.
    pub(super) fn empty(
        format: CacheFormat,
        layout: ChunkLayout,
        head_dim: usize,
    ) -> Result<Chunk, OutOfMemory> {
        Ok(match format {
            CacheFormat::F32 => {
                Chunk::F32(try_with_capacity(CHUNK_POSITIONS * head_dim)?)
            }
            CacheFormat::I16 => {
                Chunk::I16(Box::new(IntegerChunk::empty(layout, head_dim)?))
            }
        })
    }

    /// The same once more, with as much room.
    pub(super) fn copy(&self, head_dim: usize) -> Result<Chunk, OutOfMemory> {
        Ok(match self {
            Chunk::F32(numbers) => {
                let mut copy = try_with_capacity(CHUNK_POSITIONS * head_dim)?;
                copy.extend_from_slice(numbers);
                Chunk::F32(copy)
            }
            Chunk::I16(integers) => Chunk::I16(Box::new(integers.copy()?)),
        })
    }

    pub(super) fn length(&self, head_dim: usize) -> usize {
        match self {
            Chunk::F32(numbers) => numbers.len() / head_dim,
            Chunk::I16(integers) => integers.length(),
        }
    }

    pub(super) fn truncate(&mut self, length: usize, head_dim: usize) {
        match self {
            Chunk::F32(numbers) => numbers.truncate(length * head_dim),
            Chunk::I16(integers) => integers.truncate(length),
        }
    }
}

//! Keys or values of one head.

use std::ops::Range;

use super::chunk::Chunk;
use super::format::CacheFormat;
use super::integers::IntegerChunk;
use super::layout::{CHUNK_POSITIONS, ChunkLayout};
use crate::buffer::{OutOfMemory, try_with_capacity};

/// The keys or the values of one head: S vectors of D numbers, in chunks of
/// [`CHUNK_POSITIONS`], so that nothing is moved when a text grows.
///
/// ```
/// use kernels::{CacheFormat, HeadCache};
///
/// let mut keys = HeadCache::for_keys(CacheFormat::F32, 4);
/// keys.push(&[1.0, 2.0, 3.0, 4.0]);
/// keys.push(&[5.0, 6.0, 7.0, 8.0]);
/// let copy = keys.copy_prefix(1)?;
/// keys.truncate(0);
/// assert_eq!((keys.length(), copy.length()), (0, 1));
/// let mut key = [0.0; 4];
/// copy.read(0, &mut key);
/// assert_eq!(key, [1.0, 2.0, 3.0, 4.0]);
/// # Ok::<(), kernels::OutOfMemory>(())
/// ```
#[derive(Debug)]
pub struct HeadCache {
    head_dim: usize,
    format: CacheFormat,
    layout: ChunkLayout,
    /// All are full but the last, and none is empty.
    chunks: Vec<Chunk>,
    /// Empty ones, for what comes next.
    reserved: Vec<Chunk>,
}

/// Where vectors of a chunk are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ChunkVectors<'a> {
    /// Those that were asked for, one after the other.
    F32(&'a [f32]),
    /// All of the chunk.
    I16(&'a IntegerChunk),
}

impl HeadCache {
    /// An empty cache for keys of D numbers.
    pub fn for_keys(format: CacheFormat, head_dim: usize) -> HeadCache {
        let (chunks, reserved) = (Vec::new(), Vec::new());
        HeadCache { head_dim, format, layout: ChunkLayout::Keys, chunks, reserved }
    }

    /// An empty cache for values of D numbers.
    pub fn for_values(format: CacheFormat, head_dim: usize) -> HeadCache {
        HeadCache { layout: ChunkLayout::Values, ..HeadCache::for_keys(format, head_dim) }
    }

    /// Whether it is one for keys.
    pub(crate) fn is_for_keys(&self) -> bool {
        self.layout == ChunkLayout::Keys
    }

    /// How it stores numbers.
    pub(crate) fn format(&self) -> CacheFormat {
        self.format
    }

    /// D.
    pub(crate) fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// S.
    pub fn length(&self) -> usize {
        let last = self.chunks.last().map_or(0, |last| last.length(self.head_dim));
        self.chunks.len().saturating_sub(1) * CHUNK_POSITIONS + last
    }

    /// Sets memory aside for so many more vectors, until it is truncated.
    ///
    /// # Errors
    /// If there is not enough of it.
    pub fn reserve(&mut self, vectors: usize) -> Result<(), OutOfMemory> {
        let length = self.length().checked_add(vectors).ok_or(OutOfMemory)?;
        let wanted = length.div_ceil(CHUNK_POSITIONS);
        let missing = wanted.saturating_sub(self.chunks.len() + self.reserved.len());
        if missing == 0 {
            return Ok(());
        }
        self.chunks.try_reserve(wanted - self.chunks.len()).map_err(|_| OutOfMemory)?;
        self.reserved.try_reserve(missing).map_err(|_| OutOfMemory)?;
        for _ in 0..missing {
            self.reserved.push(Chunk::empty(self.format, self.layout, self.head_dim)?);
        }
        Ok(())
    }

    /// Appends a vector of D numbers.
    ///
    /// # Panics
    /// If it has another length, or nothing was [`reserve`](Self::reserve)d and there is no
    /// memory.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.head_dim);
        if self.length().is_multiple_of(CHUNK_POSITIONS) {
            let reserved = self.reserved.pop().map(Ok);
            let empty = || Chunk::empty(self.format, self.layout, self.head_dim);
            match reserved.unwrap_or_else(empty) {
                Ok(chunk) => self.chunks.push(chunk),
                Err(error) => panic!("{error}"),
            }
        }
        match self.chunks.last_mut() {
            Some(Chunk::F32(numbers)) => numbers.extend_from_slice(vector),
            Some(Chunk::I16(integers)) => integers.push(vector),
            None => unreachable!("there is a chunk with room"),
        }
    }

    /// Writes the vector at a position into `out`, of D numbers.
    ///
    /// # Panics
    /// If there is no such vector, or `out` has another length.
    pub fn read(&self, position: usize, out: &mut [f32]) {
        assert!(out.len() == self.head_dim && position < self.length());
        match self.vectors(position..position + 1) {
            ChunkVectors::F32(numbers) => out.copy_from_slice(numbers),
            ChunkVectors::I16(integers) => integers.read(position % CHUNK_POSITIONS, out),
        }
    }

    /// Forgets all vectors from `length` on, and gives back the memory of whole chunks.
    pub fn truncate(&mut self, length: usize) {
        self.reserved.clear();
        if length >= self.length() {
            return;
        }
        self.chunks.truncate(length.div_ceil(CHUNK_POSITIONS));
        if let (Some(last), 1..) = (self.chunks.last_mut(), length % CHUNK_POSITIONS) {
            last.truncate(length % CHUNK_POSITIONS, self.head_dim);
        }
    }

    /// A copy of the first `length` vectors, or of all if there are fewer.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn copy_prefix(&self, length: usize) -> Result<HeadCache, OutOfMemory> {
        let count = length.div_ceil(CHUNK_POSITIONS).min(self.chunks.len());
        let mut chunks = try_with_capacity(count)?;
        for chunk in &self.chunks[..count] {
            chunks.push(chunk.copy(self.head_dim)?);
        }
        let mut copy = HeadCache { chunks, reserved: Vec::new(), ..*self };
        copy.truncate(length);
        Ok(copy)
    }

    /// Some vectors of one chunk.
    ///
    /// # Panics
    /// If there are no such vectors, or they are not of one chunk.
    pub(crate) fn vectors(&self, positions: Range<usize>) -> ChunkVectors<'_> {
        let (index, start) =
            (positions.start / CHUNK_POSITIONS, positions.start % CHUNK_POSITIONS);
        match &self.chunks[index] {
            Chunk::F32(numbers) => {
                let end = start + positions.len();
                ChunkVectors::F32(&numbers[start * self.head_dim..end * self.head_dim])
            }
            Chunk::I16(integers) => {
                assert!(start + positions.len() <= integers.length());
                ChunkVectors::I16(integers)
            }
        }
    }
}

//! Keys or values of one head.

mod integers;

use std::ops::Range;

use crate::attention::CHUNK;
use crate::room::{NoRoom, reserved};

pub(crate) use integers::{Integers, LANES, LARGEST_SUM, Order, quantise};

/// How a cache stores numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheFormat {
    /// As they are.
    F32,
    /// 14-bit integers in 16 bits, with a scale for each vector: as small as f16, more
    /// exact for all but the smallest channels, and quick to use where f16 is not
    /// (WebAssembly).
    I16,
}

impl CacheFormat {
    /// Bytes of a vector of D numbers.
    pub fn bytes(self, head_dim: usize) -> usize {
        match self {
            CacheFormat::F32 => head_dim * size_of::<f32>(),
            CacheFormat::I16 => {
                head_dim.next_multiple_of(LANES) * size_of::<i16>() + size_of::<f32>()
            }
        }
    }
}

/// The keys or the values of one head: S vectors of D numbers, in chunks of [`CHUNK`], so
/// that nothing is moved when a text grows.
#[derive(Debug)]
pub struct HeadCache {
    head_dim: usize,
    format: CacheFormat,
    order: Order,
    /// All are full but the last, and none is empty.
    chunks: Vec<Chunk>,
    /// Empty ones, for what comes next.
    reserved: Vec<Chunk>,
}

#[derive(Debug)]
enum Chunk {
    /// One vector after the other.
    F32(Vec<f32>),
    I16(Box<Integers>),
}

/// Where vectors of a chunk are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vectors<'a> {
    /// Those that were asked for, one after the other.
    F32(&'a [f32]),
    /// All of the chunk.
    I16(&'a Integers),
}

impl HeadCache {
    /// An empty cache for keys of D numbers.
    pub fn for_keys(format: CacheFormat, head_dim: usize) -> HeadCache {
        let (chunks, reserved) = (Vec::new(), Vec::new());
        HeadCache { head_dim, format, order: Order::Keys, chunks, reserved }
    }

    /// An empty cache for values of D numbers.
    pub fn for_values(format: CacheFormat, head_dim: usize) -> HeadCache {
        HeadCache { order: Order::Values, ..HeadCache::for_keys(format, head_dim) }
    }

    /// Whether it is one for keys.
    pub(crate) fn is_for_keys(&self) -> bool {
        self.order == Order::Keys
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
        self.chunks.len().saturating_sub(1) * CHUNK + last
    }

    /// Sets memory aside for so many more vectors, until it is truncated.
    ///
    /// # Errors
    /// If there is not enough of it.
    pub fn reserve(&mut self, vectors: usize) -> Result<(), NoRoom> {
        let wanted = (self.length() + vectors).div_ceil(CHUNK);
        let missing = wanted.saturating_sub(self.chunks.len() + self.reserved.len());
        if missing == 0 {
            return Ok(());
        }
        self.chunks.try_reserve(wanted - self.chunks.len()).map_err(|_| NoRoom)?;
        self.reserved.try_reserve(missing).map_err(|_| NoRoom)?;
        for _ in 0..missing {
            self.reserved.push(Chunk::empty(self.format, self.order, self.head_dim)?);
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
        if self.length().is_multiple_of(CHUNK) {
            let reserved = self.reserved.pop().map(Ok);
            let empty = || Chunk::empty(self.format, self.order, self.head_dim);
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
            Vectors::F32(numbers) => out.copy_from_slice(numbers),
            Vectors::I16(integers) => integers.read(position % CHUNK, out),
        }
    }

    /// Forgets all vectors from `length` on, and gives back the memory of whole chunks.
    pub fn truncate(&mut self, length: usize) {
        self.reserved.clear();
        if length >= self.length() {
            return;
        }
        self.chunks.truncate(length.div_ceil(CHUNK));
        if let (Some(last), 1..) = (self.chunks.last_mut(), length % CHUNK) {
            last.truncate(length % CHUNK, self.head_dim);
        }
    }

    /// A cache with the same first `length` vectors, or all if there are fewer.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub fn start(&self, length: usize) -> Result<HeadCache, NoRoom> {
        let count = length.div_ceil(CHUNK).min(self.chunks.len());
        let mut chunks = reserved(count)?;
        for chunk in &self.chunks[..count] {
            chunks.push(chunk.copy(self.head_dim)?);
        }
        let mut start = HeadCache { chunks, reserved: Vec::new(), ..*self };
        start.truncate(length);
        Ok(start)
    }

    /// Some vectors of one chunk.
    ///
    /// # Panics
    /// If there are no such vectors, or they are not of one chunk.
    pub(crate) fn vectors(&self, positions: Range<usize>) -> Vectors<'_> {
        let (index, start) = (positions.start / CHUNK, positions.start % CHUNK);
        match &self.chunks[index] {
            Chunk::F32(numbers) => {
                let end = start + positions.len();
                Vectors::F32(&numbers[start * self.head_dim..end * self.head_dim])
            }
            Chunk::I16(integers) => {
                assert!(start + positions.len() <= integers.length());
                Vectors::I16(integers)
            }
        }
    }
}

impl Chunk {
    /// With room for [`CHUNK`] vectors.
    fn empty(
        format: CacheFormat,
        order: Order,
        head_dim: usize,
    ) -> Result<Chunk, NoRoom> {
        Ok(match format {
            CacheFormat::F32 => Chunk::F32(reserved(CHUNK * head_dim)?),
            CacheFormat::I16 => Chunk::I16(Box::new(Integers::empty(order, head_dim)?)),
        })
    }

    /// The same once more, with as much room.
    fn copy(&self, head_dim: usize) -> Result<Chunk, NoRoom> {
        Ok(match self {
            Chunk::F32(numbers) => {
                let mut copy = reserved(CHUNK * head_dim)?;
                copy.extend_from_slice(numbers);
                Chunk::F32(copy)
            }
            Chunk::I16(integers) => Chunk::I16(Box::new(integers.copy()?)),
        })
    }

    fn length(&self, head_dim: usize) -> usize {
        match self {
            Chunk::F32(numbers) => numbers.len() / head_dim,
            Chunk::I16(integers) => integers.length(),
        }
    }

    fn truncate(&mut self, length: usize, head_dim: usize) {
        match self {
            Chunk::F32(numbers) => numbers.truncate(length * head_dim),
            Chunk::I16(integers) => integers.truncate(length),
        }
    }
}

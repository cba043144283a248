//! Keys or values of one head.

mod integers;

use std::ops::Range;

use crate::attention::CHUNK;

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
#[derive(Clone, Debug)]
pub struct HeadCache {
    head_dim: usize,
    format: CacheFormat,
    order: Order,
    /// All are full but the last, and none is empty.
    chunks: Vec<Chunk>,
}

#[derive(Clone, Debug)]
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
        HeadCache { head_dim, format, order: Order::Keys, chunks: Vec::new() }
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

    /// Appends a vector of D numbers.
    ///
    /// # Panics
    /// If it has another length.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.head_dim);
        if self.length().is_multiple_of(CHUNK) {
            self.chunks.push(match self.format {
                CacheFormat::F32 => Chunk::F32(Vec::with_capacity(CHUNK * self.head_dim)),
                CacheFormat::I16 => {
                    Chunk::I16(Box::new(Integers::empty(self.order, self.head_dim)))
                }
            });
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
        if length >= self.length() {
            return;
        }
        self.chunks.truncate(length.div_ceil(CHUNK));
        if let (Some(last), 1..) = (self.chunks.last_mut(), length % CHUNK) {
            last.truncate(length % CHUNK, self.head_dim);
        }
    }

    /// A cache with the same first `length` vectors, or all if there are fewer.
    pub fn start(&self, length: usize) -> HeadCache {
        let chunks = self.chunks.iter().take(length.div_ceil(CHUNK));
        let mut start = HeadCache { chunks: chunks.cloned().collect(), ..*self };
        // A copy has no room to grow.
        if let Some(Chunk::F32(numbers)) = start.chunks.last_mut() {
            numbers.reserve_exact(CHUNK * self.head_dim - numbers.len());
        }
        start.truncate(length);
        start
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

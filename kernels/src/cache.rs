//! Keys or values of one head.

use std::ops::Range;

use crate::attention::CHUNK;
use crate::rounding::{largest_magnitude, nearest};

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
            CacheFormat::I16 => head_dim * size_of::<i16>() + size_of::<f32>(),
        }
    }
}

/// The keys or the values of one head: S vectors of D numbers, in chunks of [`CHUNK`], so
/// that nothing is moved when a text grows.
#[derive(Clone, Debug)]
pub struct HeadCache {
    head_dim: usize,
    format: CacheFormat,
    /// All are full but the last, and none is empty.
    chunks: Vec<Chunk>,
}

#[derive(Clone, Debug)]
enum Chunk {
    F32(Vec<f32>),
    I16 { values: Vec<i16>, scales: Vec<f32> },
}

/// Some vectors of a cache, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vectors<'a> {
    F32(&'a [f32]),
    I16 { values: &'a [i16], scales: &'a [f32] },
}

/// With 13 bits and a sign here and [`QUERY_LARGEST`], a dot product of 256 channels fits
/// in 32 bits.
const LARGEST: f32 = 8191.0;

/// The largest value of a quantised query: 2³¹ / (8191 · 256) = 1024.
pub(crate) const QUERY_LARGEST: f32 = 1023.0;

impl HeadCache {
    /// An empty cache for vectors of D numbers.
    pub fn new(format: CacheFormat, head_dim: usize) -> HeadCache {
        HeadCache { head_dim, format, chunks: Vec::new() }
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
        match self.chunks.last_mut() {
            Some(last) if last.length(self.head_dim) < CHUNK => last.push(vector),
            _ => {
                let mut chunk = Chunk::new(self.format, self.head_dim);
                chunk.push(vector);
                self.chunks.push(chunk);
            }
        }
    }

    /// Writes the vector at a position into `out`, of D numbers.
    ///
    /// # Panics
    /// If there is no such vector, or `out` has another length.
    pub fn read(&self, position: usize, out: &mut [f32]) {
        assert_eq!(out.len(), self.head_dim);
        match self.vectors(position..position + 1) {
            Vectors::F32(numbers) => out.copy_from_slice(numbers),
            Vectors::I16 { values, scales } => {
                for (out, value) in out.iter_mut().zip(values) {
                    *out = f32::from(*value) * scales[0];
                }
            }
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
        let length = length.min(self.length());
        let mut chunks = Vec::with_capacity(length.div_ceil(CHUNK));
        for (index, chunk) in self.chunks.iter().enumerate() {
            match length.saturating_sub(index * CHUNK) {
                0 => break,
                left => chunks.push(chunk.start(left.min(CHUNK), self.head_dim)),
            }
        }
        HeadCache { chunks, ..*self }
    }

    /// Some vectors of one chunk.
    ///
    /// # Panics
    /// If there are no such vectors, or they are not of one chunk.
    pub(crate) fn vectors(&self, positions: Range<usize>) -> Vectors<'_> {
        let (index, start) = (positions.start / CHUNK, positions.start % CHUNK);
        let positions = start..start + positions.len();
        let range = start * self.head_dim..positions.end * self.head_dim;
        match &self.chunks[index] {
            Chunk::F32(numbers) => Vectors::F32(&numbers[range]),
            Chunk::I16 { values, scales } => {
                Vectors::I16 { values: &values[range], scales: &scales[positions] }
            }
        }
    }
}

impl Chunk {
    /// An empty one, with all the memory that it will take.
    fn new(format: CacheFormat, head_dim: usize) -> Chunk {
        let numbers = CHUNK * head_dim;
        match format {
            CacheFormat::F32 => Chunk::F32(Vec::with_capacity(numbers)),
            CacheFormat::I16 => Chunk::I16 {
                values: Vec::with_capacity(numbers),
                scales: Vec::with_capacity(CHUNK),
            },
        }
    }

    fn length(&self, head_dim: usize) -> usize {
        match self {
            Chunk::F32(numbers) => numbers.len() / head_dim,
            Chunk::I16 { scales, .. } => scales.len(),
        }
    }

    fn push(&mut self, vector: &[f32]) {
        match self {
            Chunk::F32(numbers) => numbers.extend_from_slice(vector),
            Chunk::I16 { values, scales } => {
                let at = values.len();
                values.resize(at + vector.len(), 0);
                scales.push(quantise(vector, LARGEST, &mut values[at..]));
            }
        }
    }

    fn truncate(&mut self, length: usize, head_dim: usize) {
        match self {
            Chunk::F32(numbers) => numbers.truncate(length * head_dim),
            Chunk::I16 { values, scales } => {
                values.truncate(length * head_dim);
                scales.truncate(length);
            }
        }
    }

    /// One with the same first `length` vectors, and memory for a whole chunk.
    fn start(&self, length: usize, head_dim: usize) -> Chunk {
        let numbers = length * head_dim;
        match self {
            Chunk::F32(all) => {
                let mut start = Vec::with_capacity(CHUNK * head_dim);
                start.extend_from_slice(&all[..numbers]);
                Chunk::F32(start)
            }
            Chunk::I16 { values: all, scales: all_scales } => {
                let mut values = Vec::with_capacity(CHUNK * head_dim);
                values.extend_from_slice(&all[..numbers]);
                let mut scales = Vec::with_capacity(CHUNK);
                scales.extend_from_slice(&all_scales[..length]);
                Chunk::I16 { values, scales }
            }
        }
    }
}

/// Integers from −`largest` to `largest`, and the scale that makes them the vector again.
#[inline(always)]
pub(crate) fn quantise(vector: &[f32], largest: f32, values: &mut [i16]) -> f32 {
    let magnitude = largest_magnitude(vector);
    let inverse = if magnitude > 0.0 { largest / magnitude } else { 0.0 };
    for (value, number) in values.iter_mut().zip(vector) {
        *value = nearest(number * inverse) as i16;
    }
    magnitude / largest
}

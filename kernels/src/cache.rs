//! Keys or values of one head.

use std::ops::Range;

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

/// The keys or the values of one head: S vectors of D numbers.
#[derive(Clone, Debug)]
pub struct HeadCache {
    head_dim: usize,
    numbers: Numbers,
}

#[derive(Clone, Debug)]
enum Numbers {
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
        let numbers = match format {
            CacheFormat::F32 => Numbers::F32(Vec::new()),
            CacheFormat::I16 => Numbers::I16 { values: Vec::new(), scales: Vec::new() },
        };
        HeadCache { head_dim, numbers }
    }

    /// D.
    pub(crate) fn head_dim(&self) -> usize {
        self.head_dim
    }

    /// S.
    pub fn length(&self) -> usize {
        match &self.numbers {
            Numbers::F32(numbers) => numbers.len() / self.head_dim,
            Numbers::I16 { scales, .. } => scales.len(),
        }
    }

    /// Appends a vector of D numbers.
    ///
    /// # Panics
    /// If it has another length.
    pub fn push(&mut self, vector: &[f32]) {
        assert_eq!(vector.len(), self.head_dim);
        match &mut self.numbers {
            Numbers::F32(numbers) => numbers.extend_from_slice(vector),
            Numbers::I16 { values, scales } => {
                let at = values.len();
                values.resize(at + vector.len(), 0);
                scales.push(quantise(vector, LARGEST, &mut values[at..]));
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

    /// Forgets all vectors from `length` on.
    pub fn truncate(&mut self, length: usize) {
        let numbers = length * self.head_dim;
        match &mut self.numbers {
            Numbers::F32(all) => all.truncate(numbers),
            Numbers::I16 { values, scales } => {
                values.truncate(numbers);
                scales.truncate(length);
            }
        }
    }

    /// A cache with the same first `length` vectors, or all if there are fewer.
    pub fn start(&self, length: usize) -> HeadCache {
        let length = length.min(self.length());
        let end = length * self.head_dim;
        let numbers = match &self.numbers {
            Numbers::F32(numbers) => Numbers::F32(numbers[..end].to_vec()),
            Numbers::I16 { values, scales } => Numbers::I16 {
                values: values[..end].to_vec(),
                scales: scales[..length].to_vec(),
            },
        };
        HeadCache { head_dim: self.head_dim, numbers }
    }

    pub(crate) fn vectors(&self, positions: Range<usize>) -> Vectors<'_> {
        let range = positions.start * self.head_dim..positions.end * self.head_dim;
        match &self.numbers {
            Numbers::F32(numbers) => Vectors::F32(&numbers[range]),
            Numbers::I16 { values, scales } => {
                Vectors::I16 { values: &values[range], scales: &scales[positions] }
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

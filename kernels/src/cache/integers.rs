//! A chunk of keys or values as integers, in the order in which attention reads them.

use super::layout::{CACHE_LANES, CHUNK_POSITIONS, ChunkLayout};
use crate::buffer::{AlignedBuffer, OutOfMemory};
use crate::numeric::{largest_magnitude, nearest, norm};

/// The largest magnitude of an integer of a value: 14 bits and a sign.
const MAX_VALUE: f32 = 16_383.0;

/// What weights that are integers may add up to, so that the sum of their products with values
/// fits 32 bits: 2³¹ / 2¹⁴.
pub(crate) const MAX_WEIGHT_SUM: f32 = 131_072.0;

/// The largest norm of a query or a key before its numbers are rounded. A product of two is no
/// larger than that of their norms (Cauchy and Schwarz), nor is any part of it, so it fits 32
/// bits: rounding adds half a unit to each of 256 channels, and so 8 to the norm at most, and
/// 46,339² < 2³¹.
const MAX_NORM: f32 = 46_330.0;

/// The scale of a query or a key: integers times it are its numbers. They are as large as
/// products of a query with a key allow, which is 15 to 16 bits where no channel is far larger
/// than the others.
#[inline(always)]
pub(crate) fn scale_by_norm(vector: &[f32]) -> f32 {
    // Of zeros there is no norm, and the scale is 0.
    (largest_magnitude(vector) / f32::from(i16::MAX)).max(norm(vector) / MAX_NORM)
}

/// At most [`CHUNK_POSITIONS`] vectors, as integers with a scale for each. D is rounded up to a
/// multiple of [`CACHE_LANES`], with zeros.
#[derive(Debug)]
pub(crate) struct IntegerChunk {
    layout: ChunkLayout,
    values: AlignedBuffer<i16>,
    /// Zero for positions that have no vector.
    scales: [f32; CHUNK_POSITIONS],
    length: usize,
}

impl IntegerChunk {
    /// Room for vectors of D numbers, if there is memory for it.
    pub(super) fn empty(
        layout: ChunkLayout,
        head_dim: usize,
    ) -> Result<IntegerChunk, OutOfMemory> {
        let width = head_dim.next_multiple_of(CACHE_LANES);
        let values = AlignedBuffer::zeros(CHUNK_POSITIONS * width)?;
        Ok(IntegerChunk { layout, values, scales: [0.0; CHUNK_POSITIONS], length: 0 })
    }

    /// A copy, if there is memory for it.
    pub(super) fn copy(&self) -> Result<IntegerChunk, OutOfMemory> {
        let mut values = AlignedBuffer::zeros(self.values().len())?;
        values.as_mut_slice().copy_from_slice(self.values());
        Ok(IntegerChunk { values, ..*self })
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// All numbers, in their order.
    #[inline(always)]
    pub(crate) fn values(&self) -> &[i16] {
        self.values.as_slice()
    }

    /// The scale of each vector: integers times it are the numbers.
    #[inline(always)]
    pub(crate) fn scales(&self) -> &[f32; CHUNK_POSITIONS] {
        &self.scales
    }

    /// Appends a vector, for which there must be room.
    pub(super) fn push(&mut self, vector: &[f32]) {
        let mut integers = [0; CHANNELS_AT_ONCE];
        let scale = match self.layout {
            ChunkLayout::Keys => scale_by_norm(vector),
            ChunkLayout::Values => largest_magnitude(vector) / MAX_VALUE,
        };
        let width = self.width();
        for (index, numbers) in vector.chunks(CHANNELS_AT_ONCE).enumerate() {
            quantise_to_integers(numbers, 1.0 / scale, &mut integers);
            for (channel, value) in integers[..numbers.len()].iter().enumerate() {
                let channel = index * CHANNELS_AT_ONCE + channel;
                let place = self.layout.place(width, self.length, channel);
                self.values.as_mut_slice()[place] = *value;
            }
        }
        self.scales[self.length] = scale;
        self.length += 1;
    }

    /// Writes a vector into `out`, of D numbers.
    pub(super) fn read(&self, position: usize, out: &mut [f32]) {
        let (width, values) = (self.width(), self.values());
        for (channel, out) in out.iter_mut().enumerate() {
            let value = values[self.layout.place(width, position, channel)];
            *out = f32::from(value) * self.scales[position];
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.scales[length..].fill(0.0);
        self.length = self.length.min(length);
    }

    /// D, rounded up to a multiple of [`CACHE_LANES`].
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.values().len() / CHUNK_POSITIONS
    }
}

/// Channels that become integers together, before each goes to its place.
const CHANNELS_AT_ONCE: usize = 64;

/// Numbers times a factor, as the nearest integers; zeros if the factor is not finite.
#[inline(always)]
pub(crate) fn quantise_to_integers(numbers: &[f32], factor: f32, integers: &mut [i16]) {
    let factor = if factor.is_finite() { factor } else { 0.0 };
    for (integer, number) in integers.iter_mut().zip(numbers) {
        *integer = nearest(number * factor) as i16;
    }
}

//! A chunk of keys or values as integers, in the order in which attention reads them.

use crate::aligned::Aligned;
use crate::attention::CHUNK;
use crate::room::NoRoom;
use crate::rounding::{largest_magnitude, nearest};

/// Positions or channels that lie side by side, each with its pair.
pub(crate) const LANES: usize = 16;

/// The largest magnitude of a number: 13 bits and a sign.
const LARGEST: f32 = 8191.0;

/// How much the magnitudes of integers may come to whose products with a chunk's integers
/// are added up in 32 bits: 2³¹ / 2¹³.
pub(crate) const LARGEST_SUM: f32 = 262_144.0;

/// What lies next to each other. Whatever is added up is so in pairs, as there are
/// instructions that take pairs of 16-bit integers; and what is not added up lies in
/// [`LANES`] beside each other, so that no sum goes across a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Products are added up over channels: [CHUNK / 16, D / 2, 16 positions, 2 channels].
    Keys,
    /// They are added up over positions: [D / 16, CHUNK / 2, 16 channels, 2 positions].
    Values,
}

/// At most [`CHUNK`] vectors, as integers with a scale for each. D is rounded up to a
/// multiple of [`LANES`], with zeros.
#[derive(Debug)]
pub(crate) struct Integers {
    order: Order,
    values: Aligned<i16>,
    /// Of those that there are not, zero.
    scales: [f32; CHUNK],
    length: usize,
}

impl Integers {
    /// Room for vectors of D numbers, if there is memory for it.
    pub(super) fn empty(order: Order, head_dim: usize) -> Result<Integers, NoRoom> {
        let width = head_dim.next_multiple_of(LANES);
        let values = Aligned::zeros(CHUNK * width)?;
        Ok(Integers { order, values, scales: [0.0; CHUNK], length: 0 })
    }

    /// The same once more, if there is memory for it.
    pub(super) fn copy(&self) -> Result<Integers, NoRoom> {
        let mut values = Aligned::zeros(self.values().len())?;
        values.as_mut_slice().copy_from_slice(self.values());
        Ok(Integers { values, ..*self })
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// All numbers, in their order.
    #[inline(always)]
    pub(crate) fn values(&self) -> &[i16] {
        self.values.as_slice()
    }

    /// What makes the vectors of integers those of numbers again.
    #[inline(always)]
    pub(crate) fn scales(&self) -> &[f32; CHUNK] {
        &self.scales
    }

    /// Appends a vector, for which there must be room.
    pub(super) fn push(&mut self, vector: &[f32]) {
        let mut integers = [0; MOST_AT_ONCE];
        let magnitude = largest_magnitude(vector);
        let width = self.width();
        for (index, numbers) in vector.chunks(MOST_AT_ONCE).enumerate() {
            quantise(numbers, LARGEST / magnitude, &mut integers);
            for (channel, value) in integers[..numbers.len()].iter().enumerate() {
                let channel = index * MOST_AT_ONCE + channel;
                let place = self.order.place(width, self.length, channel);
                self.values.as_mut_slice()[place] = *value;
            }
        }
        self.scales[self.length] = magnitude / LARGEST;
        self.length += 1;
    }

    /// Writes a vector into `out`, of D numbers.
    pub(super) fn read(&self, position: usize, out: &mut [f32]) {
        let (width, values) = (self.width(), self.values());
        for (channel, out) in out.iter_mut().enumerate() {
            let value = values[self.order.place(width, position, channel)];
            *out = f32::from(value) * self.scales[position];
        }
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.scales[length..].fill(0.0);
        self.length = self.length.min(length);
    }

    /// D, rounded up to a multiple of [`LANES`].
    #[inline(always)]
    pub(crate) fn width(&self) -> usize {
        self.values().len() / CHUNK
    }
}

impl Order {
    /// Where a number is.
    #[inline(always)]
    fn place(self, width: usize, position: usize, channel: usize) -> usize {
        let (lane, pair, pairs) = match self {
            Order::Keys => (position, channel, width / 2),
            Order::Values => (channel, position, CHUNK / 2),
        };
        ((lane / LANES * pairs + pair / 2) * LANES + lane % LANES) * 2 + pair % 2
    }
}

/// Numbers that become integers before they are put into their places.
const MOST_AT_ONCE: usize = 64;

/// Numbers times a factor, as the nearest integers; zeros for a factor that is infinite.
#[inline(always)]
pub(crate) fn quantise(numbers: &[f32], factor: f32, integers: &mut [i16]) {
    let factor = if factor.is_finite() { factor } else { 0.0 };
    for (integer, number) in integers.iter_mut().zip(numbers) {
        *integer = nearest(number * factor) as i16;
    }
}

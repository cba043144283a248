//! Blocks of 32 numbers: Q4_0, Q4_1, Q5_0, Q5_1 and Q8_0, laid out as in ggml (ggml,
//! `ggml-common.h`).

use half::f16;

use super::affine::{Affine, Block};
use super::scale::{self, Levels, inverse};
use super::unit::Unit;
use crate::packed::format::{BLOCK_COLUMNS, HALF_COLUMNS};

/// A block of numbers.
pub(super) type Numbers = [f32; BLOCK_COLUMNS];
/// A block's integers, without a sign.
type Integers = [u8; BLOCK_COLUMNS];

const Q4_0: Levels = Levels { low: -8.0, high: 7.0 };
const Q5_0: Levels = Levels { low: -16.0, high: 15.0 };
const Q8_0: Levels = Levels { low: -128.0, high: 127.0 };

/// Extents that a search begins with, see [`scale::best`]; the sharper, the more there are.
/// All integers are among those of Q4_0, so that numbers of few distinct values are exact.
const Q4_0_EXTENTS: [f32; 18] = [
    1.0, 2.0, 3.0, 4.0, 5.0, 5.5, 6.0, 6.3, 6.6, 7.0, 7.3, 7.6, 8.0, 8.3, 8.6, 9.0, 9.5,
    10.0,
];
const Q5_0_EXTENTS: [f32; 17] = [
    13.0, 13.25, 13.5, 13.75, 14.0, 14.25, 14.5, 14.75, 15.0, 15.25, 15.5, 15.75, 16.0,
    16.25, 16.5, 16.75, 17.0,
];
const Q8_0_EXTENTS: [f32; 12] =
    [128.0, 127.0, 126.5, 126.0, 125.5, 125.0, 124.5, 124.0, 123.5, 123.0, 122.5, 122.0];

/// A block of Q4_0, 18 bytes: an f16 scale, then 16 bytes with two values each, those of
/// columns j and j + 16; x = scale · (value − 8).
pub(super) fn q4_0(numbers: &Numbers, out: &mut [u8]) {
    let (scale, values) = fitted(numbers, Q4_0, &Q4_0_EXTENTS);
    out[..2].copy_from_slice(&scale.to_le_bytes());
    nibbles(&values, &mut out[2..]);
}

/// A block of Q4_1, 20 bytes: as Q4_0, with an f16 minimum after the scale; x = scale ·
/// value + minimum.
pub(super) fn q4_1(numbers: &Numbers, out: &mut [u8]) {
    let values = with_minimum(numbers, 15.0, out);
    nibbles(&values, &mut out[4..]);
}

/// A block of Q5_0, 22 bytes: as Q4_0, with the fifth bits of all values in 32 bits after
/// the scale; x = scale · (value − 16).
pub(super) fn q5_0(numbers: &Numbers, out: &mut [u8]) {
    let (scale, values) = fitted(numbers, Q5_0, &Q5_0_EXTENTS);
    out[..2].copy_from_slice(&scale.to_le_bytes());
    five_bits(&values, &mut out[2..]);
}

/// A block of Q5_1, 24 bytes: as Q5_0, with an f16 minimum after the scale; x = scale ·
/// value + minimum.
pub(super) fn q5_1(numbers: &Numbers, out: &mut [u8]) {
    let values = with_minimum(numbers, 31.0, out);
    five_bits(&values, &mut out[4..]);
}

/// A block of Q8_0, 34 bytes: an f16 scale, then the values as signed bytes.
pub(super) fn q8_0(numbers: &Numbers, out: &mut [u8]) {
    let unit = Unit::of(scale::extremum(numbers).abs());
    let numbers = &unit.divide(numbers);
    let scale = scale::best_f16_of(numbers, Q8_0, unit, &Q8_0_EXTENTS);
    let values = scaled(numbers, Q8_0, unit.number(scale));
    out[..2].copy_from_slice(&scale.to_le_bytes());
    for (out, value) in out[2..].iter_mut().zip(values) {
        *out = value.wrapping_sub(128);
    }
}

fn fitted(numbers: &Numbers, levels: Levels, extents: &[f32]) -> (f16, Integers) {
    let unit = Unit::of(scale::extremum(numbers).abs());
    let numbers = &unit.divide(numbers);
    let best = scale::best(numbers, levels, extents);
    let scale = scale::best_f16(numbers, levels, unit, best);
    (scale, scaled(numbers, levels, unit.number(scale)))
}

/// The best integers, from 0 on.
fn scaled(numbers: &Numbers, levels: Levels, scale: f32) -> Integers {
    let inverse = inverse(scale);
    numbers.map(|x| (levels.nearest(x * inverse) - levels.low as i32) as u8)
}

/// Writes scale and minimum.
fn with_minimum(numbers: &Numbers, high: f32, out: &mut [u8]) -> Integers {
    let unit = Unit::of(scale::extremum(numbers).abs());
    let numbers = &unit.divide(numbers);
    let block = Block::new(numbers, high);
    let best = block.best(f32::INFINITY);
    let (scale, minimum) = block.best_f16(best, unit);
    out[..2].copy_from_slice(&scale.to_le_bytes());
    out[2..4].copy_from_slice(&minimum.to_le_bytes());
    let (scale, minimum) = (unit.number(scale), unit.number(minimum));
    integers(numbers, Affine { scale, minimum }, high)
}

/// The best integers from 0 to `high`.
pub(super) fn integers(numbers: &Numbers, affine: Affine, high: f32) -> Integers {
    let inverse = inverse(affine.scale);
    let levels = Levels { low: 0.0, high };
    numbers.map(|x| levels.nearest((x - affine.minimum) * inverse) as u8)
}

fn nibbles(values: &Integers, out: &mut [u8]) {
    let (low, high) = values.split_at(HALF_COLUMNS);
    for (out, (low, high)) in out.iter_mut().zip(low.iter().zip(high)) {
        *out = low & 15 | high << 4;
    }
}

fn five_bits(values: &Integers, out: &mut [u8]) {
    let bits =
        values.iter().rev().fold(0, |bits, value| bits << 1 | u32::from(value >> 4));
    out[..4].copy_from_slice(&bits.to_le_bytes());
    nibbles(values, &mut out[4..]);
}

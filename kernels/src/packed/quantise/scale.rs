//! The scale of a block without a minimum: x ≈ scale · q, for integers q.

use half::f16;

use super::lanes::{Lanes, lanes};
use super::unit::Unit;
use crate::numeric::nearest;

/// The integers of a format, from the lowest to the highest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Levels {
    pub(super) low: f32,
    pub(super) high: f32,
}

impl Levels {
    /// The integer nearest to a number, ties to even.
    pub(super) fn nearest(self, number: f32) -> i32 {
        let number = if number > self.low { number } else { self.low };
        nearest(if number < self.high { number } else { self.high })
    }
}

/// How often a scale is fitted to the integers that it gives, and these to it.
const ROUNDS: usize = 3;

/// 1 / scale; 0 for 0.
#[inline(always)]
pub(super) fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

/// The number that is farthest from 0.
pub(super) fn extremum(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |far, x| if x.abs() > far.abs() { *x } else { far })
}

/// The sum of (x − scale · q)², for the best integers q.
#[inline(always)]
pub(super) fn squared_error<const N: usize>(
    numbers: &[f32; N],
    scale: f32,
    levels: Levels,
) -> f32 {
    let inverse = inverse(scale);
    let mut sum = Lanes::ZERO;
    for x in lanes(numbers) {
        let error = x - (x * inverse).integers(levels.low, levels.high) * scale;
        sum = sum + error * error;
    }
    sum.sum()
}

/// The sums of x · q and q², for q = x · `inverse`, rounded.
#[inline(always)]
pub(super) fn products<const N: usize>(
    numbers: &[f32; N],
    inverse: f32,
    levels: Levels,
) -> (f32, f32) {
    let (mut xq, mut qq) = (Lanes::ZERO, Lanes::ZERO);
    for x in lanes(numbers) {
        let q = (x * inverse).integers(levels.low, levels.high);
        xq = xq + q * x;
        qq = qq + q * q;
    }
    (xq.sum(), qq.sum())
}

/// The best scale among those that belong to `extents`: for each, the number that is
/// farthest from 0 is brought to minus this extent, which gives integers, and these have a
/// scale of least squares. 0 if all numbers are.
pub(super) fn best<const N: usize>(
    numbers: &[f32; N],
    levels: Levels,
    extents: &[f32],
) -> f32 {
    let extremum = extremum(numbers);
    if extremum == 0.0 {
        return 0.0;
    }
    let to_one = -1.0 / extremum;
    let (mut most, mut best) = (0.0, 0.0);
    for extent in extents {
        let (xq, qq) = products(numbers, extent * to_one, levels);
        // By so much the error is smaller than with a scale of 0.
        if xq * xq > most * qq {
            (most, best) = (xq * xq / qq, xq / qq);
        }
    }
    best
}

/// The best scale in f16 near this one, whose integers are found anew for what it is
/// rounded to; or a plain one, which brings the farthest number to the lowest or the highest
/// integer.
pub(super) fn best_f16<const N: usize>(
    numbers: &[f32; N],
    levels: Levels,
    unit: Unit,
    scale: f32,
) -> f16 {
    let error = |scale: f16| squared_error(numbers, unit.number(scale), levels);
    let plain = [levels.low, levels.high].map(|end| unit.f16(extremum(numbers) / end));
    let mut best = unit.f16(scale);
    let mut least = error(best);
    let mut take_better = |candidates: &[f16], best: &mut f16| {
        let before = least;
        for candidate in candidates {
            let error = error(*candidate);
            if candidate.is_finite() && error < least {
                (*best, least) = (*candidate, error);
            }
        }
        least < before
    };
    take_better(&plain, &mut best);
    for _ in 0..ROUNDS {
        let (xq, qq) = products(numbers, inverse(unit.number(best)), levels);
        let fitted = if qq > 0.0 { unit.f16(xq / qq) } else { best };
        let [below, above] = neighbours(best);
        if !take_better(&[fitted, below, above], &mut best) {
            break;
        }
    }
    best
}

/// The best scale in f16 among those that bring the number that is farthest from 0 to minus
/// each of the extents. With many levels, to fit a scale to its integers gains nothing.
pub(super) fn best_f16_of<const N: usize>(
    numbers: &[f32; N],
    levels: Levels,
    unit: Unit,
    extents: &[f32],
) -> f16 {
    let extremum = extremum(numbers);
    let mut best = f16::ZERO;
    let mut least = f32::INFINITY;
    let candidates = extents.iter().map(|extent| unit.f16(extremum / -extent));
    // Where f16 is coarse, all of these may be too small.
    let [_, above] = neighbours(unit.f16(extremum / levels.low));
    for scale in candidates.chain([above]).filter(|scale| scale.is_finite()) {
        let error = squared_error(numbers, unit.number(scale), levels);
        if error < least {
            (best, least) = (scale, error);
        }
    }
    best
}

/// The f16 numbers whose magnitudes are next to that of this one.
pub(super) fn neighbours(number: f16) -> [f16; 2] {
    let bits = number.to_bits();
    let below = if bits & 0x7FFF == 0 { bits } else { bits - 1 };
    [f16::from_bits(below), f16::from_bits(bits + 1)]
}

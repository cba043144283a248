//! The scale and the minimum of a block: x ≈ scale · q + minimum, for integers q from 0.

use half::f16;

use super::lanes::{Lanes, lanes};
use super::scale::{inverse, neighbours};
use super::unit::Unit;

/// A scale and a minimum.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Affine {
    pub(super) scale: f32,
    pub(super) minimum: f32,
}

/// What a search begins with: by how much the range of the numbers is wider or narrower than
/// that of the integers, and how far it is moved down, in steps. Twice as many give an error
/// that is 1 % smaller, in twice the time.
const EXTENTS: [f32; 5] = [-1.0, -0.5, 0.0, 0.5, 1.0];
const OFFSETS: [f32; 2] = [0.0, 0.5];

/// How often scale and minimum are fitted to the integers that they give, and these to
/// them.
const ROUNDS: usize = 2;

/// The sums that follow from the integers of a block: of q, q² and x · q.
#[derive(Clone, Copy)]
pub(super) struct Sums {
    pub(super) q: f32,
    pub(super) qq: f32,
    pub(super) xq: f32,
}

/// A block of numbers, whose own sums do not change while its integers do.
#[derive(Clone, Copy)]
pub(super) struct Block<'a, const N: usize> {
    pub(super) numbers: &'a [f32; N],
    /// The sum of x, and that of x².
    pub(super) x: f32,
    xx: f32,
    /// The highest integer.
    high: f32,
}

impl<'a, const N: usize> Block<'a, N> {
    pub(super) fn new(numbers: &'a [f32; N], high: f32) -> Self {
        let (mut x, mut xx) = (Lanes::ZERO, Lanes::ZERO);
        for number in lanes(numbers) {
            x = x + number;
            xx = xx + number * number;
        }
        Block { numbers, x: x.sum(), xx: xx.sum(), high }
    }

    /// The sum of (x − scale · q − minimum)², for the best integers q.
    #[inline(always)]
    pub(super) fn squared_error(&self, affine: Affine) -> f32 {
        let inverse = inverse(affine.scale);
        let mut sum = Lanes::ZERO;
        for x in lanes(self.numbers) {
            let x = x - affine.minimum;
            let error = x - (x * inverse).integers(0.0, self.high) * affine.scale;
            sum = sum + error * error;
        }
        sum.sum()
    }

    /// The sums of the best integers.
    #[inline(always)]
    pub(super) fn sums(&self, affine: Affine) -> Sums {
        let inverse = inverse(affine.scale);
        let [mut q, mut qq, mut xq] = [Lanes::ZERO; 3];
        for x in lanes(self.numbers) {
            let integers = ((x - affine.minimum) * inverse).integers(0.0, self.high);
            q = q + integers;
            qq = qq + integers * integers;
            xq = xq + integers * x;
        }
        Sums { q: q.sum(), qq: qq.sum(), xq: xq.sum() }
    }

    /// The scale and minimum of least squares for these integers; the minimum is not above
    /// `highest`. And the squared error, but for the rounding of sums.
    fn fitted(&self, sums: Sums, highest: f32) -> (Affine, f32) {
        let Sums { q, qq, xq } = sums;
        let count = N as f32;
        let determinant = count * qq - q * q;
        let mut minimum = match determinant > 0.0 {
            true => (qq * self.x - q * xq) / determinant,
            false => f32::INFINITY,
        };
        let scale = match minimum <= highest {
            true => (count * xq - self.x * q) / determinant,
            false => {
                minimum = highest.min(0.0);
                if qq > 0.0 { (xq - minimum * q) / qq } else { 0.0 }
            }
        };
        let affine = Affine { scale, minimum };
        (affine, self.error_of(affine, sums))
    }

    /// The squared error with these integers, but for the rounding of sums.
    pub(super) fn error_of(&self, affine: Affine, sums: Sums) -> f32 {
        let Affine { scale, minimum } = affine;
        let squares = scale * scale * sums.qq + minimum * minimum * N as f32;
        let products = scale * sums.xq + minimum * self.x - scale * minimum * sums.q;
        self.xx + squares - 2.0 * products
    }

    /// The best scale and minimum among those that belong to [`EXTENTS`] and [`OFFSETS`]:
    /// each two of them give integers, and these have a scale and minimum of least squares.
    /// The minimum is not above `highest`.
    pub(super) fn best(&self, highest: f32) -> Affine {
        let Affine { scale: range, minimum: low } = self.plain(1.0, highest);
        let mut best = Affine { scale: 0.0, minimum: low };
        if range <= 0.0 {
            return best;
        }
        let mut least = f32::INFINITY;
        for extent in EXTENTS {
            let scale = range / (self.high + extent);
            for offset in OFFSETS {
                let start = Affine { scale, minimum: low + offset * scale };
                let (affine, error) = self.fitted(self.sums(start), highest);
                if error < least {
                    (best, least) = (affine, error);
                }
            }
        }
        for _ in 0..ROUNDS {
            let (affine, error) = self.fitted(self.sums(best), highest);
            if error >= least {
                break;
            }
            (best, least) = (affine, error);
        }
        best
    }

    /// What brings the lowest number to 0 and the highest to `extent`.
    fn plain(&self, extent: f32, highest: f32) -> Affine {
        let low = self.numbers.iter().fold(highest, |low, x| low.min(*x));
        let top = self.numbers.iter().fold(f32::NEG_INFINITY, |top, x| top.max(*x));
        Affine { scale: (top - low) / extent, minimum: low }
    }

    /// The best scale and minimum in f16 near these, whose integers are found anew for what
    /// they are rounded to; or the plain ones.
    pub(super) fn best_f16(&self, near: Affine, unit: Unit) -> (f16, f16) {
        let plain = self.plain(self.high, f32::INFINITY);
        let (scale, plain_scale) = (unit.f16(near.scale), unit.f16(plain.scale));
        let [below, above] = neighbours(scale);
        let of = |scale: f16, minimum: f16| Affine {
            scale: unit.number(scale),
            minimum: unit.number(minimum),
        };
        let mut best = (plain_scale, unit.f16(plain.minimum));
        let mut least = self.squared_error(of(best.0, best.1));
        for scale in [scale, below, above].into_iter().filter(|scale| scale.is_finite()) {
            let Sums { q, .. } = self.sums(of(scale, unit.f16(near.minimum)));
            let minimum = unit.f16((self.x - unit.number(scale) * q) / N as f32);
            let error = self.squared_error(of(scale, minimum));
            if error < least {
                (best, least) = ((scale, minimum), error);
            }
        }
        best
    }
}

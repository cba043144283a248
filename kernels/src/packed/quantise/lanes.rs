//! Eight numbers side by side, which compilers turn into vectors on every machine.

use std::ops::{Add, Mul, Sub};

use crate::numeric::ROUNDING_ADDEND;

/// Eight numbers.
#[derive(Clone, Copy)]
pub(super) struct Lanes([f32; WIDTH]);

/// How many numbers lie side by side; blocks are multiples of it.
pub(super) const WIDTH: usize = 8;

impl Lanes {
    pub(super) const ZERO: Lanes = Lanes([0.0; WIDTH]);

    /// The nearest integers, no lower than `low` and no higher than `high`, ties to even.
    /// Both bounds are integers within ±2²².
    #[inline(always)]
    pub(super) fn integers(self, low: f32, high: f32) -> Lanes {
        self.each(|number| {
            let number = if number > low { number } else { low };
            let number = if number < high { number } else { high };
            number + ROUNDING_ADDEND - ROUNDING_ADDEND
        })
    }

    /// The sum of all.
    #[inline(always)]
    pub(super) fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }

    #[inline(always)]
    fn each(self, of: impl Fn(f32) -> f32) -> Lanes {
        Lanes(std::array::from_fn(|lane| of(self.0[lane])))
    }

    #[inline(always)]
    fn with(self, other: Lanes, of: impl Fn(f32, f32) -> f32) -> Lanes {
        Lanes(std::array::from_fn(|lane| of(self.0[lane], other.0[lane])))
    }
}

/// The block's numbers, eight at a time.
#[inline(always)]
pub(super) fn lanes<const N: usize>(
    numbers: &[f32; N],
) -> impl ExactSizeIterator<Item = Lanes> {
    numbers.as_chunks::<WIDTH>().0.iter().map(|numbers| Lanes(*numbers))
}

impl Add for Lanes {
    type Output = Lanes;
    #[inline(always)]
    fn add(self, other: Lanes) -> Lanes {
        self.with(other, |a, b| a + b)
    }
}

impl Sub for Lanes {
    type Output = Lanes;
    #[inline(always)]
    fn sub(self, other: Lanes) -> Lanes {
        self.with(other, |a, b| a - b)
    }
}

impl Mul for Lanes {
    type Output = Lanes;
    #[inline(always)]
    fn mul(self, other: Lanes) -> Lanes {
        self.with(other, |a, b| a * b)
    }
}

impl Mul<f32> for Lanes {
    type Output = Lanes;
    #[inline(always)]
    fn mul(self, factor: f32) -> Lanes {
        self.each(|number| number * factor)
    }
}

impl Sub<f32> for Lanes {
    type Output = Lanes;
    #[inline(always)]
    fn sub(self, number: f32) -> Lanes {
        self.each(|own| own - number)
    }
}

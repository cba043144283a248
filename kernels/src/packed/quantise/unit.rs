//! The power of two by which a block's numbers are divided, so that sums of their squares
//! are within f32's range.

use half::f16;

/// A power of two, near the largest of a block's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unit {
    size: f32,
    inverse: f32,
}

impl Unit {
    /// The unit of numbers whose largest magnitude is `largest`: divided by it, they are
    /// below 2. Numbers below 2⁻¹²⁵ or above 2¹²⁶ are only brought closer.
    pub(super) fn of(largest: f32) -> Unit {
        const BIAS: u32 = 127;
        let exponent = (largest.to_bits() >> 23 & 0xFF).clamp(2, 2 * BIAS - 2);
        let power = |exponent: u32| f32::from_bits(exponent << 23);
        Unit { size: power(exponent), inverse: power(2 * BIAS - exponent) }
    }

    /// The block's numbers in this unit.
    pub(super) fn divide<const N: usize>(self, numbers: &[f32; N]) -> [f32; N] {
        numbers.map(|number| number * self.inverse)
    }

    /// A number in this unit as f16, in its own size; the largest f16 if it is beyond that.
    pub(super) fn f16(self, number: f32) -> f16 {
        let largest = f16::MAX.to_f32();
        f16::from_f32((number * self.size).clamp(-largest, largest))
    }

    /// A number in this unit, rounded away from 0 to what f16 holds: what is divided by it
    /// grows no larger than by the number itself.
    pub(super) fn rounded_away(self, number: f32) -> f32 {
        let near = self.f16(number);
        match self.number(near).abs() < number.abs()
            && near.to_f32().abs() < f16::MAX.to_f32()
        {
            true => self.number(f16::from_bits(near.to_bits() + 1)),
            false => self.number(near),
        }
    }

    /// An f16 number in this unit.
    pub(super) fn number(self, number: f16) -> f32 {
        number.to_f32() * self.inverse
    }

    /// A number in this unit, rounded as f16 is.
    pub(super) fn rounded(self, number: f32) -> f32 {
        self.number(self.f16(number))
    }
}

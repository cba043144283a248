//! The small steps between products: quantisation, norms, gates.

use half::f16;

use crate::exp::exp;
use crate::packed::BLOCK;
use crate::rounding::{fold_lanes, largest_magnitude, nearest};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x / (1 + e⁻ˣ).
    Silu,
    /// x · Φ(x) (Hendrycks & Gimpel, 2016, arXiv:1606.08415).
    Gelu,
    /// The same by the approximation with tanh.
    GeluTanh,
}

/// Numbers that are added up side by side, so that a compiler may use vectors: the order
/// of the sum is then the same on every machine.
const LANES: usize = 16;

/// Quantises a row as ggml does activations (`quantize_row_q8_0`): per block of 32, the
/// scale is the largest magnitude over 127, rounded to f16 once the values are made.
/// Padding up to a whole block is zero.
#[inline(always)]
pub(crate) fn quantise(
    numbers: &[f32],
    values: &mut [i8],
    scales: &mut [f32],
    sums: &mut [i32],
) {
    let values = values.chunks_exact_mut(BLOCK);
    let blocks = numbers.chunks(BLOCK).zip(values).zip(scales.iter_mut().zip(sums));
    for ((numbers, values), (scale, sum)) in blocks {
        if let (Ok(numbers), Ok(values)) = (numbers.try_into(), values.try_into()) {
            (*scale, *sum) = quantise_block(numbers, values);
        } else {
            let mut padded = [0.0; BLOCK];
            padded[..numbers.len()].copy_from_slice(numbers);
            if let Ok(values) = values.try_into() {
                (*scale, *sum) = quantise_block(&padded, values);
            }
        }
    }
}

#[inline(always)]
fn quantise_block(numbers: &[f32; BLOCK], values: &mut [i8; BLOCK]) -> (f32, i32) {
    let largest = largest_magnitude(numbers);
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let mut integers = [0i32; BLOCK];
    for (integer, number) in integers.iter_mut().zip(numbers) {
        *integer = nearest(number * inverse);
    }
    let mut sums = [0i32; LANES];
    for integers in integers.as_chunks::<LANES>().0 {
        for (sum, integer) in sums.iter_mut().zip(integers) {
            // Of the byte, as what is no number has any bits at all.
            *sum += integer << 24 >> 24;
        }
    }
    for (value, integer) in values.iter_mut().zip(&integers) {
        *value = *integer as i8;
    }
    let sum = fold_lanes(sums, |a, b| a + b);
    (to_half_and_back(scale), sum)
}

/// A number as near as f16 can say it: the library's own conversion asks the processor
/// each time what it can do.
#[inline(always)]
fn to_half_and_back(number: f32) -> f32 {
    /// The smallest number that f16 says with all of its digits.
    const NORMAL: f32 = 6.103_515_6e-5;
    if !(NORMAL..=65_504.0).contains(&number) {
        return f16::from_f32(number).to_f32();
    }
    // 13 of the 23 digits go; half of the last that stays is added, less a bit if it is
    // even.
    let bits = number.to_bits();
    let bits = bits + 0x0FFF + (bits >> 13 & 1);
    f32::from_bits(bits & !0x1FFF)
}

/// out = x / √(mean(x²) + ε) · weight (Zhang & Sennrich, 2019, arXiv:1910.07467).
#[inline(always)]
pub(crate) fn norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
    let mut squares = [0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| x * x).sum();
    for chunk in chunks {
        for (square, x) in squares.iter_mut().zip(chunk) {
            *square += x * x;
        }
    }
    let mean = (squares.into_iter().sum::<f32>() + rest) / x.len() as f32;
    let factor = 1.0 / (mean + epsilon).sqrt();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = x * factor * weight;
    }
}

/// out = (x − mean(x)) / √(variance(x) + ε) · weight + bias (Ba et al., 2016,
/// arXiv:1607.06450).
#[inline(always)]
pub(crate) fn layer_norm(
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    epsilon: f32,
    out: &mut [f32],
) {
    let mean = sum(x, |x| x) / x.len() as f32;
    let variance = sum(x, |x| (x - mean) * (x - mean)) / x.len() as f32;
    let factor = 1.0 / (variance + epsilon).sqrt();
    for ((out, x), weight) in out.iter_mut().zip(x).zip(weight) {
        *out = (x - mean) * factor * weight;
    }
    if let Some(bias) = bias {
        out.iter_mut().zip(bias).for_each(|(out, bias)| *out += bias);
    }
}

/// The sum of what `of` makes of each number.
#[inline(always)]
fn sum(x: &[f32], of: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| of(*x)).sum();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += of(*x);
        }
    }
    sums.into_iter().sum::<f32>() + rest
}

/// up = act(gate) · up (Shazeer, 2020, arXiv:2002.05202).
#[inline(always)]
pub(crate) fn gated(activation: Activation, gate: &[f32], up: &mut [f32]) {
    #[inline(always)]
    fn each(gate: &[f32], up: &mut [f32], act: impl Fn(f32) -> f32) {
        up.iter_mut().zip(gate).for_each(|(up, gate)| *up *= act(*gate));
    }
    match activation {
        Activation::Silu => each(gate, up, silu),
        Activation::Gelu => each(gate, up, gelu),
        Activation::GeluTanh => each(gate, up, gelu_tanh),
    }
}

/// x = act(x).
#[inline(always)]
pub(crate) fn activated(activation: Activation, x: &mut [f32]) {
    match activation {
        Activation::Silu => x.iter_mut().for_each(|x| *x = silu(*x)),
        Activation::Gelu => x.iter_mut().for_each(|x| *x = gelu(*x)),
        Activation::GeluTanh => x.iter_mut().for_each(|x| *x = gelu_tanh(*x)),
    }
}

#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// x · (1 + tanh(u)) / 2 = x / (1 + e⁻²ᵘ), where u = √(2/π) · (x + 0.044715 x³).
#[inline(always)]
fn gelu_tanh(x: f32) -> f32 {
    const FACTOR: f32 = -2.0 * 0.797_884_6;
    x / (1.0 + exp(FACTOR * (x + 0.044_715 * x * x * x)))
}

/// x · (1 + erf(x / √2)) / 2; the error function by formula 7.1.26 of Abramowitz and
/// Stegun, which is off by 1.5e-7 at most.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    const FACTORS: [f32; 5] =
        [1.061_405_4, -1.453_152, 1.421_413_8, -0.284_496_74, 0.254_829_6];
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let polynomial = FACTORS.iter().fold(0.0, |sum, factor| sum * t + factor) * t;
    // Half of the complement of erf(z), so that nothing cancels for x below 0.
    let tail = 0.5 * polynomial * exp(-z * z);
    x * if x < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_those_of_the_half_crate() {
        // Every half, what lies in the middle of two, and what is beside that.
        for bits in 0..0x7C00u16 {
            let half = f16::from_bits(bits).to_f32();
            let middle = (half + f16::from_bits(bits + 1).to_f32()) / 2.0;
            for number in [half, middle, middle.next_up(), middle.next_down()] {
                let expected = f16::from_f32(number).to_f32();
                assert_eq!(to_half_and_back(number), expected, "{number}");
            }
        }
    }
}

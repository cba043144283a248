//! The small steps between products: norms and gates.

use crate::numeric::{LANES, exp};

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationFunction {
    /// x / (1 + e⁻ˣ).
    Silu,
    /// x · Φ(x) (Hendrycks & Gimpel, 2016, arXiv:1606.08415).
    Gelu,
    /// The same by the approximation with tanh.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// max(x, 0)².
    ReluSquared,
    /// Of gate g and up u: min(g, 7) · σ(1.702 · min(g, 7)) · (1 + u within ±7), as in gpt-oss
    /// (arXiv:2508.10925); alone, what u is multiplied by.
    ClampedSwiglu,
}

/// out = x / √(mean(x²) + ε) · weight (Zhang & Sennrich, 2019, arXiv:1910.07467).
#[inline(always)]
pub(crate) fn rms_norm(x: &[f32], weight: &[f32], epsilon: f32, out: &mut [f32]) {
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

/// The sum of `term` of each number, in lanes: their order is the same on every machine.
#[inline(always)]
fn sum(x: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let mut sums = [0f32; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().map(|x| term(*x)).sum();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += term(*x);
        }
    }
    sums.into_iter().sum::<f32>() + rest
}

/// out = W · x, where W is [R, K] in numbers, row by row.
#[inline(always)]
pub(crate) fn products(rows: &[f32], x: &[f32], out: &mut [f32]) {
    for (row, out) in rows.chunks_exact(x.len()).zip(out) {
        let mut sums = [0f32; LANES];
        let (row_lanes, row_rest) = row.as_chunks::<LANES>();
        let (x_lanes, x_rest) = x.as_chunks::<LANES>();
        for (row, x) in row_lanes.iter().zip(x_lanes) {
            for ((sum, w), x) in sums.iter_mut().zip(row).zip(x) {
                *sum += w * x;
            }
        }
        let rest: f32 = row_rest.iter().zip(x_rest).map(|(w, x)| w * x).sum();
        *out = sums.into_iter().sum::<f32>() + rest;
    }
}

/// up = act(gate) · up (Shazeer, 2020, arXiv:2002.05202).
#[inline(always)]
pub(crate) fn activate_and_multiply(
    function: ActivationFunction,
    gate: &[f32],
    up: &mut [f32],
) {
    #[inline(always)]
    fn each(gate: &[f32], up: &mut [f32], act: impl Fn(f32) -> f32) {
        up.iter_mut().zip(gate).for_each(|(up, gate)| *up *= act(*gate));
    }
    match function {
        ActivationFunction::Silu => each(gate, up, silu),
        ActivationFunction::Gelu => each(gate, up, gelu),
        ActivationFunction::GeluTanh => each(gate, up, gelu_tanh),
        ActivationFunction::Relu => each(gate, up, |x| x.max(0.0)),
        ActivationFunction::ReluSquared => each(gate, up, |x| x.max(0.0).powi(2)),
        ActivationFunction::ClampedSwiglu => {
            for (up, gate) in up.iter_mut().zip(gate) {
                *up =
                    (1.0 + up.clamp(-SWIGLU_LIMIT, SWIGLU_LIMIT)) * clamped_swish(*gate);
            }
        }
    }
}

/// x = act(x).
#[inline(always)]
pub(crate) fn activate(function: ActivationFunction, x: &mut [f32]) {
    match function {
        ActivationFunction::Silu => x.iter_mut().for_each(|x| *x = silu(*x)),
        ActivationFunction::Gelu => x.iter_mut().for_each(|x| *x = gelu(*x)),
        ActivationFunction::GeluTanh => x.iter_mut().for_each(|x| *x = gelu_tanh(*x)),
        ActivationFunction::Relu => x.iter_mut().for_each(|x| *x = x.max(0.0)),
        ActivationFunction::ReluSquared => {
            x.iter_mut().for_each(|x| *x = x.max(0.0).powi(2));
        }
        ActivationFunction::ClampedSwiglu => {
            x.iter_mut().for_each(|x| *x = clamped_swish(*x));
        }
    }
}

#[inline(always)]
fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// gpt-oss's `swiglu_limit`.
const SWIGLU_LIMIT: f32 = 7.0;

#[inline(always)]
fn clamped_swish(x: f32) -> f32 {
    let x = x.min(SWIGLU_LIMIT);
    x / (1.0 + exp(-1.702 * x))
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

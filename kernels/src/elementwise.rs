//! The small steps between products: quantisation, norms, gates.

use half::f16;

use crate::exp::exp;
use crate::packed::BLOCK;

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
    let mut largest = [0f32; LANES];
    for numbers in numbers.chunks_exact(LANES) {
        for (largest, number) in largest.iter_mut().zip(numbers) {
            let magnitude = number.abs();
            *largest = if magnitude > *largest { magnitude } else { *largest };
        }
    }
    let largest = largest.into_iter().fold(0f32, f32::max);
    let scale = largest / 127.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    // Adding and taking away 1.5 · 2²³ rounds to the nearest integer, ties to even.
    const ROUND: f32 = 12_582_912.0;
    let mut sum = 0;
    for (value, number) in values.iter_mut().zip(numbers) {
        let rounded = ((number * inverse + ROUND) - ROUND) as i32;
        *value = rounded as i8;
        sum += i32::from(*value);
    }
    (f16::from_f32(scale).to_f32(), sum)
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

/// gate = silu(gate) · up, where silu(x) = x / (1 + e⁻ˣ) (Shazeer, 2020,
/// arXiv:2002.05202).
#[inline(always)]
pub(crate) fn gated(gate: &mut [f32], up: &[f32]) {
    for (gate, up) in gate.iter_mut().zip(up) {
        *gate = *gate / (1.0 + exp(-*gate)) * up;
    }
}

//! Blocks of numbers to packed values, rounding as ggml's reference does (ggml,
//! `ggml-quants.c`).

use half::f16;

use super::format::{BLOCK_COLUMNS, PackedFormat};

impl PackedFormat {
    /// The values of a block of up to 32 numbers, and its scale.
    pub(super) fn quantise(self, numbers: &[f32]) -> (f16, [i8; BLOCK_COLUMNS]) {
        let mut values = [0; BLOCK_COLUMNS];
        let scale = match self {
            PackedFormat::Q8 => quantise_q8(numbers, &mut values),
            PackedFormat::Q4 => quantise_q4(numbers, &mut values),
        };
        (scale, values)
    }
}

/// ggml's `quantize_row_q8_0_ref`.
fn quantise_q8(numbers: &[f32], values: &mut [i8; BLOCK_COLUMNS]) -> f16 {
    let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = (number * inverse).round() as i8;
    }
    f16::from_f32(scale)
}

/// ggml's `quantize_row_q4_0_ref`.
fn quantise_q4(numbers: &[f32], values: &mut [i8; BLOCK_COLUMNS]) -> f16 {
    let largest = numbers
        .iter()
        .fold(0f32, |largest, x| if x.abs() > largest.abs() { *x } else { largest });
    let scale = largest / -8.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = ((number * inverse + 8.5) as i32).clamp(0, 15) as i8 - 8;
    }
    f16::from_f32(scale)
}

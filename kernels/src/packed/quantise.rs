//! Blocks of numbers to packed values, rounding as ggml's reference does (ggml,
//! `ggml-quants.c`).

use half::f16;

use super::format::{BLOCK_COLUMNS, HALF_COLUMNS, PackedFormat};

/// A row in ggml's layout, of whole blocks.
///
/// # Panics
/// If the format is none of these.
pub(super) fn quantise(format: PackedFormat, numbers: &[f32]) -> Vec<u8> {
    let blocks = numbers.len().div_ceil(BLOCK_COLUMNS);
    let mut bytes = Vec::with_capacity(blocks * format.ggml_block_bytes());
    for numbers in numbers.chunks(BLOCK_COLUMNS) {
        match format {
            PackedFormat::Q8_0 => quantise_q8_0(numbers, &mut bytes),
            PackedFormat::Q4_0 => quantise_q4_0(numbers, &mut bytes),
            other => panic!("numbers are not quantised to {}", other.name()),
        }
    }
    bytes
}

/// ggml's `quantize_row_q8_0_ref`.
fn quantise_q8_0(numbers: &[f32], bytes: &mut Vec<u8>) {
    let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
    let scale = largest / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    bytes.extend_from_slice(&f16::from_f32(scale).to_le_bytes());
    let mut values = [0; BLOCK_COLUMNS];
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = (number * inverse).round() as i8 as u8;
    }
    bytes.extend_from_slice(&values);
}

/// ggml's `quantize_row_q4_0_ref`.
fn quantise_q4_0(numbers: &[f32], bytes: &mut Vec<u8>) {
    let largest = numbers
        .iter()
        .fold(0f32, |largest, x| if x.abs() > largest.abs() { *x } else { largest });
    let scale = largest / -8.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    bytes.extend_from_slice(&f16::from_f32(scale).to_le_bytes());
    let mut values = [8; BLOCK_COLUMNS];
    for (value, number) in values.iter_mut().zip(numbers) {
        *value = ((number * inverse + 8.5) as i32).clamp(0, 15) as u8;
    }
    let (low, high) = values.split_at(HALF_COLUMNS);
    bytes.extend(low.iter().zip(high).map(|(low, high)| low | high << 4));
}

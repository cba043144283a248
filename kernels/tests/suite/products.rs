//! Products in every form that this machine can run, against float64.

use crate::random::{ggml_rows, numbers};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use fastrand::Rng;
use kernels::{Kernels, PackedFormat, PackedMatrix, QuantisedActivations};

/// A matrix of random blocks.
fn packed(
    format: PackedFormat,
    rows: usize,
    columns: usize,
    random: &mut Rng,
) -> PackedMatrix {
    let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
    matrix.set_rows_from_ggml(0, &ggml_rows(format, rows, columns, random)).unwrap();
    matrix
}

fn unpacked(matrix: &PackedMatrix) -> Vec<Vec<f32>> {
    let row = |row| {
        let mut numbers = vec![0.0; matrix.columns()];
        matrix.row(row, &mut numbers);
        numbers
    };
    (0..matrix.rows()).map(row).collect()
}

/// A row of activations as it is after quantisation: per block of 32, in steps of the
/// largest magnitude / 32,639.
fn quantised(numbers: &[f32]) -> Vec<f64> {
    let block = |block: &[f32]| {
        let largest = block.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let inverse = 32_639.0 / largest;
        let inverse = if inverse.is_finite() { inverse } else { 0.0 };
        let value = |x: &f32| f64::from((x * inverse).round_ties_even());
        let scale = f64::from(largest / 32_639.0);
        block.iter().map(|x| value(x) * scale).collect::<Vec<_>>()
    };
    numbers.chunks(32).flat_map(block).collect()
}

/// x · Wᵀ by a form of the kernels, [T, R].
fn product(
    kernels: &Kernels,
    matrix: &PackedMatrix,
    inputs: &[Vec<f32>],
) -> Vec<Vec<f32>> {
    let rows = matrix.rows();
    let x = QuantisedActivations::new(inputs.len(), matrix.columns()).unwrap();
    for (row, numbers) in inputs.iter().enumerate() {
        // SAFETY: there is one thread.
        unsafe { kernels.quantise_row(&x, row, numbers) };
    }
    let mut out = vec![vec![f32::NAN; rows]; inputs.len()];
    let put = |token: usize, first: usize, results: &[f32; 16]| {
        let end = rows.min(first + 16);
        out[token][first..end].copy_from_slice(&results[..end - first]);
    };
    // SAFETY: there is one thread.
    unsafe { kernels.product(matrix, 0..matrix.tiles(), &x, 0..inputs.len(), put) };
    out
}

#[test]
fn every_form_computes_the_product_of_what_is_stored() {
    let mut random = Rng::with_seed(1);
    let narrow =
        [(1, 1), (16, 32), (17, 33), (5, 100), (64, 576), (33, 1536), (48, 8), (3, 800)];
    let super_blocks = [(1, 256), (17, 512), (33, 1536), (5, 768)];
    for format in PackedFormat::ALL {
        let whole = format.block_columns() == 256;
        for &(rows, columns) in if whole { &super_blocks[..] } else { &narrow } {
            let matrix = packed(format, rows, columns, &mut random);
            let weights = unpacked(&matrix);
            for tokens in [1, 2, 3, 7, 8, 9, 70] {
                let inputs: Vec<Vec<f32>> =
                    (0..tokens).map(|_| numbers(&mut random, columns, 3.0)).collect();
                for kernels in Kernels::all() {
                    let results = product(&kernels, &matrix, &inputs);
                    for (input, results) in inputs.iter().zip(results) {
                        let input = quantised(input);
                        for (weights, result) in weights.iter().zip(results) {
                            let terms = weights.iter().zip(&input);
                            let terms = terms.map(|(w, a)| f64::from(*w) * a);
                            let (sum, size) = terms
                                .fold((0.0, 1e-30), |(sum, size), x| {
                                    (sum + x, size + x.abs())
                                });
                            let error = (f64::from(result) - sum).abs() / size;
                            assert!(
                                error < 2e-6,
                                "{}, {format:?}, {rows} x {columns}, {tokens} tokens: \
                                 {result} instead of {sum}",
                                kernels.name()
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn rows_taken_in_any_portions_are_those_taken_at_once() {
    let rows = 37;
    for format in PackedFormat::ALL {
        let columns = 3 * format.block_columns();
        let mut random = Rng::with_seed(5);
        let mut bytes = ggml_rows(format, rows, columns, &mut random);
        let mut at_once = PackedMatrix::zeros(format, rows, columns).unwrap();
        at_once.set_rows_from_ggml(0, &bytes).unwrap();

        let size = bytes.len() / rows;
        let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
        let (first, rest) = bytes.split_at(5 * size);
        let (second, third) = rest.split_at(20 * size);
        for (row, bytes) in [(0, first), (5, second), (25, third)] {
            matrix.set_rows_from_ggml(row, bytes).unwrap();
        }
        assert_eq!(unpacked(&matrix), unpacked(&at_once), "{format:?}");

        // No number, in all bytes: wherever the scale is, it is none.
        bytes[30 * size..31 * size].fill(0xFF);
        let refused = matrix.set_rows_from_ggml(0, &bytes).unwrap_err();
        assert_eq!(refused.row, 30, "{format:?}");
    }
}

#[test]
fn a_weight_takes_the_documented_bits_in_file_and_memory() {
    let documented = include_str!("../../../docs/decisions.md");
    for format in PackedFormat::ALL {
        let (rows, columns) = (64, 768);
        let file = rows * columns / format.block_columns() * format.ggml_block_bytes();
        let matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
        let ratio = matrix.bytes() as f64 / file as f64;
        assert!((1.0..=1.06).contains(&ratio), "{format:?}: {ratio}");

        let [in_file, in_memory] = [file, matrix.bytes()]
            .map(|bytes| 8.0 * bytes as f64 / (rows * columns) as f64);
        let row = format!("| {} | {in_file} | {in_memory} |", format.name());
        assert!(documented.contains(&row), "docs/decisions.md lacks {row}");
    }
}

#[test]
fn the_largest_values_do_not_overflow() {
    for format in PackedFormat::ALL {
        for byte in [0x00, 0x7B, 0x80, 0x88, 0x0F] {
            let (columns, size) = (256, format.ggml_block_bytes());
            let mut matrix = PackedMatrix::zeros(format, 16, columns).unwrap();
            let bytes = vec![byte; 16 * columns / format.block_columns() * size];
            matrix.set_rows_from_ggml(0, &bytes).unwrap();
            let weights = unpacked(&matrix);
            for activation in [1.0, -1.0] {
                for kernels in Kernels::all() {
                    for tokens in [1, 8] {
                        let inputs = vec![vec![activation; columns]; tokens];
                        for results in product(&kernels, &matrix, &inputs) {
                            for (weights, result) in weights.iter().zip(results) {
                                let sum: f64 = weights
                                    .iter()
                                    .map(|w| f64::from(*w) * f64::from(activation))
                                    .sum();
                                let size: f64 =
                                    weights.iter().map(|w| f64::from(w.abs())).sum();
                                let error = (f64::from(result) - sum).abs();
                                assert!(
                                    error <= 2e-6 * size,
                                    "{}, {format:?}, {byte:#x}: {result} not {sum}",
                                    kernels.name()
                                );
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn strange_activations_are_taken_as_they_are_or_as_zero() {
    let mut random = Rng::with_seed(9);
    let matrix = packed(PackedFormat::Q8_0, 16, 64, &mut random);
    let weights = unpacked(&matrix);
    let mut one_large = vec![1e-6; 64];
    one_large[37] = -1e30;
    for (input, exact) in [
        (vec![0.0; 64], true),
        (vec![-0.0; 64], true),
        (vec![1e-45; 64], true),
        (one_large, true),
        (vec![f32::MIN_POSITIVE; 64], true),
        (vec![f32::INFINITY; 64], false),
        (vec![f32::NAN; 64], false),
    ] {
        for kernels in Kernels::all() {
            for tokens in [1, 3] {
                let results = product(&kernels, &matrix, &vec![input.clone(); tokens]);
                for (weights, result) in weights.iter().zip(&results[tokens - 1]) {
                    if !exact {
                        // What it is means nothing, but the machine goes on.
                        continue;
                    }
                    let terms = weights.iter().zip(&input);
                    let sum: f64 =
                        terms.map(|(w, x)| f64::from(*w) * f64::from(*x)).sum();
                    let size = input.iter().fold(0f32, |size, x| size.max(x.abs()));
                    let most: f64 = weights.iter().map(|w| f64::from(w.abs())).sum();
                    let error = (f64::from(*result) - sum).abs();
                    let allowed = most * (f64::from(size) / 30_000.0 + 1e-38);
                    assert!(error <= allowed, "{}: {result} not {sum}", kernels.name());
                }
            }
        }
    }
}

#[test]
fn all_forms_agree_to_the_last_bits() {
    let mut random = Rng::with_seed(2);
    for format in PackedFormat::ALL {
        let matrix = packed(format, 64, 768, &mut random);
        let input = vec![numbers(&mut random, 768, 2.0)];
        let reference = product(&Kernels::plain(), &matrix, &input).remove(0);
        let size = reference.iter().fold(0f32, |size, x| size.max(x.abs()));
        for kernels in Kernels::all() {
            let actual = product(&kernels, &matrix, &input).remove(0);
            for (a, b) in actual.iter().zip(&reference) {
                let difference = (a - b).abs() / size;
                assert!(difference < 2e-6, "{}, {format:?}: {a} {b}", kernels.name());
            }
        }
    }
}

//! Products in every form that this machine can run, against float64.

use crate::random::numbers;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use fastrand::Rng;
use kernels::{Kernels, PackedFormat, PackedMatrix, QuantisedActivations};

/// Rows of a matrix as they are after packing, and the matrix.
fn packed(
    format: PackedFormat,
    rows: usize,
    columns: usize,
    random: &mut Rng,
) -> PackedMatrix {
    let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
    for row in 0..rows {
        matrix.set_row(row, &numbers(random, columns, 0.1));
    }
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
/// largest magnitude / 127.
fn quantised(numbers: &[f32]) -> Vec<f64> {
    let block = |block: &[f32]| {
        let largest = block.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let scale = largest / 127.0;
        let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
        let value = |x: &f32| f64::from((x * inverse).round_ties_even());
        let scale = half::f16::from_f32(scale).to_f64();
        block.iter().map(|x| value(x) * scale).collect::<Vec<_>>()
    };
    numbers.chunks(32).flat_map(block).collect()
}

#[test]
fn every_form_computes_the_product_of_what_is_stored() {
    let mut random = Rng::with_seed(1);
    let shapes = [(1, 1), (16, 32), (17, 33), (5, 100), (64, 576), (33, 1536), (48, 8)];
    for (rows, columns) in shapes {
        for format in [PackedFormat::Q8, PackedFormat::Q4] {
            let matrix = packed(format, rows, columns, &mut random);
            let weights = unpacked(&matrix);
            for tokens in [1, 2, 3, 7, 8, 9, 20] {
                let inputs: Vec<Vec<f32>> =
                    (0..tokens).map(|_| numbers(&mut random, columns, 3.0)).collect();
                for kernels in Kernels::all() {
                    let x = QuantisedActivations::new(tokens, columns).unwrap();
                    for (row, numbers) in inputs.iter().enumerate() {
                        // SAFETY: there is one thread.
                        unsafe { kernels.quantise_row(&x, row, numbers) };
                    }
                    let mut seen = 0;
                    let tiles = 0..matrix.tiles();
                    let put = |token: usize, first: usize, results: &[f32; 16]| {
                        let input = quantised(&inputs[token]);
                        for (row, result) in (first..rows).zip(results) {
                            let terms = weights[row].iter().zip(&input);
                            let terms = terms.map(|(w, a)| f64::from(*w) * a);
                            let (sum, size) = terms
                                .fold((0.0, 1e-3), |(sum, size), x| {
                                    (sum + x, size + x.abs())
                                });
                            let error = (f64::from(*result) - sum).abs() / size;
                            assert!(
                                error < 1e-6,
                                "{}, {format:?}, {rows} x {columns}, {tokens} tokens: \
                                 {result} instead of {sum}",
                                kernels.name()
                            );
                            seen += 1;
                        }
                    };
                    // SAFETY: there is one thread.
                    unsafe { kernels.product(&matrix, tiles, &x, 0..tokens, put) };
                    assert_eq!(seen, rows * tokens);
                }
            }
        }
    }
}

#[test]
fn rows_taken_from_ggml_in_any_portions_are_those_of_the_file() {
    let (rows, blocks) = (37, 3);
    for format in [PackedFormat::Q8, PackedFormat::Q4] {
        let size = format.ggml_block_bytes();
        let mut random = Rng::with_seed(5);
        let mut bytes: Vec<u8> = (0..rows * blocks * size)
            .map(|_| (numbers(&mut random, 1, 127.0)[0] as i8) as u8)
            .collect();
        for block in bytes.chunks_exact_mut(size) {
            block[..2].copy_from_slice(&[0x00, 0x38]); // ½ in f16
        }
        let mut matrix = PackedMatrix::zeros(format, rows, blocks * 32).unwrap();
        let (first, rest) = bytes.split_at(5 * blocks * size);
        let (second, third) = rest.split_at(20 * blocks * size);
        for (row, bytes) in [(0, first), (5, second), (25, third)] {
            matrix.set_rows_from_ggml(row, bytes).unwrap();
        }
        let expected: Vec<f32> = bytes
            .chunks_exact(size)
            .flat_map(|block| match format {
                PackedFormat::Q8 => block[2..]
                    .iter()
                    .map(|b| f32::from(*b as i8) / 2.0)
                    .collect::<Vec<_>>(),
                PackedFormat::Q4 => (0..32)
                    .map(|i| {
                        (i32::from(block[2 + i % 16] >> (i / 16 * 4) & 15) - 8) as f32
                    })
                    .map(|value| value / 2.0)
                    .collect(),
            })
            .collect();
        assert_eq!(unpacked(&matrix).concat(), expected, "{format:?}");

        let at = 30 * blocks * size;
        bytes[at..at + 2].copy_from_slice(&[0x00, 0x7C]); // infinity in f16
        let refused = matrix.set_rows_from_ggml(0, &bytes).unwrap_err();
        assert_eq!(refused.row, 30);
    }
}

#[test]
fn the_largest_values_do_not_overflow() {
    for format in [PackedFormat::Q8, PackedFormat::Q4] {
        // The extremes of the format, as a file may hold them.
        let size = format.ggml_block_bytes();
        for byte in [0x00, 0x7F, 0x80, 0xFF, 0x88, 0x0F] {
            let mut block = vec![byte; size];
            block[..2].copy_from_slice(&[0x00, 0x3C]); // 1 in f16
            let mut matrix = PackedMatrix::zeros(format, 16, 64).unwrap();
            for row in 0..16 {
                matrix.set_rows_from_ggml(row, &[&block[..], &block].concat()).unwrap();
            }
            let weights = unpacked(&matrix);
            for sign in [1.0, -1.0] {
                for kernels in Kernels::all() {
                    let x = QuantisedActivations::new(1, 64).unwrap();
                    // SAFETY: there is one thread.
                    unsafe { kernels.quantise_row(&x, 0, &[127.0 * sign; 64]) };
                    let put = |_: usize, _: usize, results: &[f32; 16]| {
                        for (row, result) in results.iter().enumerate() {
                            let sum: f32 =
                                weights[row].iter().map(|w| w * 127.0 * sign).sum();
                            assert_eq!(*result, sum, "{}, {format:?}", kernels.name());
                        }
                    };
                    // SAFETY: there is one thread.
                    unsafe { kernels.product(&matrix, 0..1, &x, 0..1, put) };
                }
            }
        }
    }
}

#[test]
fn all_forms_agree_to_the_last_bit_or_nearly() {
    let mut random = Rng::with_seed(2);
    let matrix = packed(PackedFormat::Q8, 64, 576, &mut random);
    let input = numbers(&mut random, 576, 2.0);
    let results = |kernels: &Kernels| {
        let x = QuantisedActivations::new(1, 576).unwrap();
        // SAFETY: there is one thread.
        unsafe { kernels.quantise_row(&x, 0, &input) };
        let mut all = Vec::new();
        let put =
            |_: usize, _: usize, results: &[f32; 16]| all.extend_from_slice(results);
        // SAFETY: there is one thread.
        unsafe { kernels.product(&matrix, 0..4, &x, 0..1, put) };
        all
    };
    let reference = results(&Kernels::plain());
    assert_eq!(reference.len(), matrix.rows());
    for kernels in Kernels::all() {
        let actual = results(&kernels);
        assert_eq!(actual.len(), reference.len());
        for (a, b) in actual.iter().zip(&reference) {
            assert!((a - b).abs() < 1e-5, "{}: {a} {b}", kernels.name());
        }
    }
}

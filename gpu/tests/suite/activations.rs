//! Activations as integers, and what is no number among them.

use fastrand::Rng;
use gpu::{Activations, Finish, Inputs, Limits, MatrixShape, Product, ProductRows};
use kernels::PackedFormat;

use crate::device::gpu;
use crate::matrices::{Case, integers};
use crate::numbers::{buffer, empty, numbers, written};

const LIMITS: Limits = Limits::DEFAULT;

#[test]
fn activations_are_integers_of_sixteen_bits() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(5);
    for (columns, rows) in [(4, 1), (36, 3), (300, 2), (576, 5)] {
        let (first, stride) = (4, columns + 8);
        let mut x = vec![f32::NAN; first];
        for row in 0..rows {
            // From tiny numbers to huge ones, and a row of zeros.
            let size = [1e-20, 0.0, 1.0, 1e20, 30.0][row];
            x.extend(numbers(&mut random, columns, size));
            x.extend([f32::INFINITY; 8]);
        }
        let at = (rows, first, stride);
        let blocks = integers(gpu, &buffer(&x), columns, at);
        let of_row = Activations { columns }.bytes(1) / 4;
        for row in 0..rows {
            for (block, words) in blocks[row * of_row..][..of_row].chunks(20).enumerate()
            {
                let [scale, first_half, second_half] =
                    [16, 17, 18].map(|at| f64::from(f32::from_bits(words[at])));
                let mut totals = [0.0; 2];
                for column in 0..32 {
                    let byte = |word: u32| (word >> (8 * (column % 4))) as i8;
                    let (high, low) =
                        (byte(words[column / 4]), byte(words[8 + column / 4]));
                    let number =
                        scale * f64::from(256 * i32::from(high) + i32::from(low));
                    totals[column / 16] += number;
                    let expected = match 32 * block + column {
                        at if at < columns => x[first + row * stride + at],
                        _ => 0.0,
                    };
                    let error = (number - f64::from(expected)).abs();
                    // A little more than half a step, for divisions in f32.
                    let most = 0.51 * scale + 1e-5 * f64::from(expected.abs());
                    assert!(error <= most, "{number} instead of {expected}");
                }
                for (half, total) in [first_half, second_half].iter().zip(totals) {
                    assert!((half - total).abs() <= 1e-6 * (total.abs() + 32.0 * scale));
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_is_none_in_products_of_integers() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(6);
    let shape = MatrixShape { format: PackedFormat::Q8_0, rows: 16, columns: 64 };
    let case = Case::new(shape, &mut random);
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for tokens in [1, 5] {
            let mut x = numbers(&mut random, tokens * 64, 1.0);
            x[40] = strange;
            let x = integers(gpu, &buffer(&x), 64, (tokens, 0, 64));
            let product = Product {
                inputs: Inputs::Integers,
                matrix: shape,
                finish: Finish::STORE,
            };
            let rows = ProductRows {
                tokens,
                first: 0,
                stride: 64,
                out_first: 0,
                out_stride: 16,
                bias_first: 0,
            };
            let buffers =
                [case.values.clone(), case.scales.clone(), x, empty(tokens * 16)];
            let dispatch = product.dispatch(rows, &LIMITS);
            let out = gpu.run(&product.kernel(tokens), dispatch, &buffers).remove(3);
            let out = written(&out);
            assert!(out[..16].iter().all(|x| !x.is_finite()), "{strange}: {out:?}");
            assert!(out[16..].iter().all(|x| x.is_finite()), "{strange}: {out:?}");
        }
    }
}

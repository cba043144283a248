//! Packed matrices with what they have in numbers, and their products in float64.

use fastrand::Rng;
use gpu::{Activations, Finish, Inputs, Limits, MatrixShape, Product, ProductRows};
use half::f16;
use kernels::{PackedFormat, PackedMatrix};

use crate::device::Gpu;
use crate::numbers::{TOLERANCE, assert_close, buffer, empty, numbers, words, written};

const LIMITS: Limits = Limits::DEFAULT;

/// A matrix of random blocks, some of whose scales are subnormal in 16 bits.
pub(crate) fn random_matrix(shape: MatrixShape, random: &mut Rng) -> PackedMatrix {
    let MatrixShape { format, rows, columns } = shape;
    let mut matrix = PackedMatrix::zeros(format, rows, columns).unwrap();
    let (values, scales) = matrix.parts_mut();
    random.fill(values);
    random.fill(scales);
    use PackedFormat as F;
    // f16 numbers of a row's record, and its bytes.
    let (halves, bytes) = match format {
        F::Q4_0 | F::Q5_0 | F::Q8_0 | F::Iq4Nl => (1, 0),
        F::Q4_1 | F::Q5_1 => (2, 0),
        F::Mxfp4 => (0, 1),
        F::Iq4Xs => (1, 8),
        F::Q3K | F::Q6K => (1, 16),
        F::Q4K | F::Q5K | F::Q2K => (2, 16),
    };
    for record in scales.chunks_exact_mut(16 * (2 * halves + bytes)) {
        for half in record[..32 * halves].as_chunks_mut().0 {
            let small = if random.bool() { 1.0 } else { 1e-3 };
            *half = f16::from_f32((random.f32() * 0.04 - 0.02) * small).to_le_bytes();
        }
        if format == F::Mxfp4 {
            record.iter_mut().for_each(|exponent| *exponent = random.u8(118..124));
        }
    }
    matrix
}

pub(crate) fn rows_of(matrix: &PackedMatrix) -> Vec<Vec<f32>> {
    let row = |row| {
        let mut numbers = vec![0.0; matrix.columns()];
        matrix.row(row, &mut numbers);
        numbers
    };
    (0..matrix.rows()).map(row).collect()
}

pub(crate) fn stored(bytes: &[u8]) -> Vec<u32> {
    words(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)))
}

/// Rows of numbers as integers.
pub(crate) fn integers(
    gpu: &Gpu,
    x: &[u32],
    columns: usize,
    (rows, first, stride): (usize, usize, usize),
) -> Vec<u32> {
    let activations = Activations { columns };
    let words = activations.bytes(rows) / 4;
    let dispatch = activations.dispatch(rows, first, stride, &LIMITS);
    let buffers = [x.to_vec(), empty(words)];
    let integers = gpu.run(&activations.kernel(), dispatch, &buffers).remove(1);
    written(&integers);
    integers
}

/// How far a product is off at most because its inputs are integers: by half a step of each block.
pub(crate) fn rounding(weights: &[f32], input: &[f32]) -> f64 {
    let of_block = |(weights, input): (&[f32], &[f32])| {
        let largest = input.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let weights: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
        weights * f64::from(largest) * 0.5 / 32_639.0
    };
    weights.chunks(32).zip(input.chunks(32)).map(of_block).sum()
}

/// A matrix with what it has in numbers.
pub(crate) struct Case {
    shape: MatrixShape,
    pub(crate) values: Vec<u32>,
    pub(crate) scales: Vec<u32>,
    rows: Vec<Vec<f32>>,
}

impl Case {
    pub(crate) fn new(shape: MatrixShape, random: &mut Rng) -> Case {
        let matrix = random_matrix(shape, random);
        let (values, scales) = (stored(matrix.values()), stored(matrix.scales()));
        Case { shape, values, scales, rows: rows_of(&matrix) }
    }

    /// Holds the product of some tokens, as floats and as integers, against float64.
    pub(crate) fn check(
        &self,
        gpu: &Gpu,
        tokens: usize,
        finish: Finish,
        random: &mut Rng,
    ) {
        for inputs in [Inputs::Floats, Inputs::Integers] {
            self.check_with(gpu, inputs, tokens, finish, random);
        }
    }

    fn check_with(
        &self,
        gpu: &Gpu,
        kind: Inputs,
        tokens: usize,
        finish: Finish,
        random: &mut Rng,
    ) {
        let MatrixShape { format, rows, columns } = self.shape;
        // Inputs and results do not begin at 0, and have something between them.
        let (first, stride) = (8, columns + 4);
        let (out_first, out_stride) = (3, rows + 5);
        let inputs: Vec<Vec<f32>> =
            (0..tokens).map(|_| numbers(random, columns, 2.0)).collect();
        let bias = numbers(random, rows + 2, 1.0);
        let before = numbers(random, out_first + tokens * out_stride, 1.0);
        let mut x = vec![f32::NAN; first];
        for input in &inputs {
            x.extend(input);
            x.extend([f32::INFINITY; 4]);
        }
        let x = match kind {
            Inputs::Floats => buffer(&x),
            Inputs::Integers => {
                integers(gpu, &buffer(&x), columns, (tokens, first, stride))
            }
        };
        let mut buffers =
            vec![self.values.clone(), self.scales.clone(), x, buffer(&before)];
        if finish.bias {
            buffers.push(buffer(&bias));
        }
        let product = Product { inputs: kind, matrix: self.shape, finish };
        let rows_at =
            ProductRows { tokens, first, stride, out_first, out_stride, bias_first: 2 };
        let kernel = product.kernel(tokens);
        let results = gpu.run(&kernel, product.dispatch(rows_at, &LIMITS), &buffers);
        let results = written(&results[3]);

        let mut expected: Vec<(f64, f64)> =
            before.iter().map(|number| (f64::from(*number), 0.0)).collect();
        for (token, input) in inputs.iter().enumerate() {
            for (row, weights) in self.rows.iter().enumerate() {
                let at = out_first + token * out_stride + row;
                let (sum, size) = self.finished(weights, input, finish, bias[row + 2]);
                let there = if finish.add { f64::from(before[at]) } else { 0.0 };
                let rounding = match kind {
                    Inputs::Floats => 0.0,
                    Inputs::Integers => rounding(weights, input),
                };
                let rounding = rounding * f64::from(finish.scale.abs());
                expected[at] = (sum + there, size + there.abs() + rounding / TOLERANCE);
            }
        }
        for (at, (result, (expected, size))) in results.iter().zip(expected).enumerate() {
            let what = format!(
                "{}, {format:?} {rows} x {columns}, {tokens} tokens, {at}",
                kernel.name
            );
            assert_close(*result, expected, size, &what);
        }
    }

    /// The product of a row in float64, and the size of what it is the sum of. Where there are
    /// minima, a weight is a difference of larger numbers.
    fn finished(
        &self,
        weights: &[f32],
        input: &[f32],
        finish: Finish,
        bias: f32,
    ) -> (f64, f64) {
        let largest =
            weights.iter().fold(0f32, |largest, weight| largest.max(weight.abs()));
        let (mut sum, mut size) = (0.0, 0.0);
        for (weight, x) in weights.iter().zip(input) {
            let (weight, x) = (f64::from(*weight), f64::from(*x));
            sum += weight * x;
            size += (weight.abs() + f64::from(largest)) * x.abs();
        }
        if finish.bias {
            (sum, size) = (sum + f64::from(bias), size + f64::from(bias.abs()));
        }
        let scale = f64::from(finish.scale);
        (sum, size) = (sum * scale, size * scale.abs());
        if let Some(cap) = finish.cap {
            sum = (sum / f64::from(cap)).tanh() * f64::from(cap);
            size = size.min(1e3) + f64::from(cap);
        }
        (sum, size)
    }
}

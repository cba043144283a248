//! Products with packed matrices, and their rows, in all formats.

use fastrand::Rng;
use gpu::{
    Activations, Embedding, Finish, Inputs, Kernel, Limits, MatrixShape, Product,
    ProductRows,
};
use half::f16;
use kernels::{PackedFormat, PackedMatrix};

use crate::device::{Gpu, gpu};
use crate::numbers::{TOLERANCE, assert_close, buffer, empty, numbers, words, written};

const LIMITS: Limits = Limits::DEFAULT;

/// A matrix of random blocks, some of whose scales are subnormal in 16 bits.
fn random_matrix(shape: MatrixShape, random: &mut Rng) -> PackedMatrix {
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

fn rows_of(matrix: &PackedMatrix) -> Vec<Vec<f32>> {
    let row = |row| {
        let mut numbers = vec![0.0; matrix.columns()];
        matrix.row(row, &mut numbers);
        numbers
    };
    (0..matrix.rows()).map(row).collect()
}

fn stored(bytes: &[u8]) -> Vec<u32> {
    words(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)))
}

/// Rows of numbers as integers.
fn integers(
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
fn rounding(weights: &[f32], input: &[f32]) -> f64 {
    let of_block = |(weights, input): (&[f32], &[f32])| {
        let largest = input.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let weights: f64 = weights.iter().map(|weight| f64::from(weight.abs())).sum();
        weights * f64::from(largest) * 0.5 / 32_639.0
    };
    weights.chunks(32).zip(input.chunks(32)).map(of_block).sum()
}

/// A matrix with what it has in numbers.
struct Case {
    shape: MatrixShape,
    values: Vec<u32>,
    scales: Vec<u32>,
    rows: Vec<Vec<f32>>,
}

impl Case {
    fn new(shape: MatrixShape, random: &mut Rng) -> Case {
        let matrix = random_matrix(shape, random);
        let (values, scales) = (stored(matrix.values()), stored(matrix.scales()));
        Case { shape, values, scales, rows: rows_of(&matrix) }
    }

    /// Holds the product of some tokens, as floats and as integers, against float64.
    fn check(&self, gpu: &Gpu, tokens: usize, finish: Finish, random: &mut Rng) {
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

fn shapes(format: PackedFormat) -> Vec<MatrixShape> {
    let sizes: &[(usize, usize)] = match format.block_columns() {
        32 => &[(1, 4), (17, 36), (70, 100), (40, 1024)],
        _ => &[(1, 256), (17, 300), (70, 512)],
    };
    sizes
        .iter()
        .map(|(rows, columns)| MatrixShape { format, rows: *rows, columns: *columns })
        .collect()
}

#[test]
fn products_are_those_of_float64_in_every_format() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(1);
    for format in PackedFormat::ALL {
        for shape in shapes(format) {
            let case = Case::new(shape, &mut random);
            for tokens in [1, 3, 5, 33] {
                case.check(gpu, tokens, Finish::STORE, &mut random);
            }
        }
    }
}

#[test]
fn sums_are_finished_as_asked() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(2);
    let shape = MatrixShape { format: PackedFormat::Q5_1, rows: 37, columns: 96 };
    let case = Case::new(shape, &mut random);
    for tokens in [2, 40] {
        for bias in [false, true] {
            for add in [false, true] {
                for cap in [None, Some(3.0)] {
                    let finish = Finish { bias, scale: 0.25, cap, add };
                    case.check(gpu, tokens, finish, &mut random);
                }
            }
        }
    }
    // Far beyond the cap, where an exponential would overflow.
    let finish = Finish { scale: 1e6, cap: Some(30.0), ..Finish::STORE };
    case.check(gpu, 1, finish, &mut random);
}

#[test]
fn a_matrix_in_pieces_on_more_workgroups_than_a_dimension_has_is_the_same() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(3);
    let shape = MatrixShape { format: PackedFormat::Q4_0, rows: 16 * 9 + 3, columns: 64 };
    let matrix = random_matrix(shape, &mut random);
    let rows = rows_of(&matrix);
    // Three tiles in a piece; two workgroups in x.
    let limits = Limits { binding_bytes: 3 * 2 * 256 + 1, workgroups: 2, ..LIMITS };
    let pieces = shape.pieces(&limits);
    assert_eq!(pieces.len(), 4);
    for tokens in [1, 2] {
        let x = numbers(&mut random, tokens * shape.columns, 1.0);
        let mut out = empty(tokens * shape.rows);
        for piece in &pieces {
            let product = Product {
                inputs: Inputs::Floats,
                matrix: piece.shape,
                finish: Finish::STORE,
            };
            let at = ProductRows {
                tokens,
                first: 0,
                stride: shape.columns,
                out_first: piece.first_row,
                out_stride: shape.rows,
                bias_first: 0,
            };
            let buffers = [
                stored(&matrix.values()[piece.values.clone()]),
                stored(&matrix.scales()[piece.scales.clone()]),
                buffer(&x),
                out,
            ];
            let kernel: Kernel = product.kernel(tokens);
            out = gpu.run(&kernel, product.dispatch(at, &limits), &buffers).remove(3);
        }
        for (token, results) in written(&out).chunks(shape.rows).enumerate() {
            let x = &x[token * shape.columns..][..shape.columns];
            for (result, weights) in results.iter().zip(&rows) {
                let terms =
                    weights.iter().zip(x).map(|(w, x)| f64::from(*w) * f64::from(*x));
                let (sum, size) =
                    terms.fold((0.0, 0.0), |(s, z), x| (s + x, z + x.abs()));
                assert_close(*result, sum, size, "in pieces");
            }
        }
    }
}

#[test]
fn rows_by_number_are_those_of_the_matrix_in_every_format() {
    let Some(gpu) = gpu() else { return };
    let mut random = Rng::with_seed(4);
    for format in PackedFormat::ALL {
        let columns = format.block_columns() + 36;
        let shape = MatrixShape { format, rows: 16 * 5 + 1, columns };
        let matrix = random_matrix(shape, &mut random);
        let rows = rows_of(&matrix);
        let ids: Vec<u32> = [80, 0, 33, 17, 33].into();
        let mut out = empty(ids.len() * columns);
        // Half of the tiles in a piece.
        let limits = Limits { binding_bytes: matrix.values().len() as u64 / 2, ..LIMITS };
        // What a piece has not, it leaves to the others, in any order.
        for piece in shape.pieces(&limits).into_iter().rev() {
            let embedding = Embedding { format, scale: 3.0 };
            let buffers = [
                stored(&matrix.values()[piece.values.clone()]),
                stored(&matrix.scales()[piece.scales.clone()]),
                words(ids.iter().copied()),
                out,
            ];
            let dispatch = embedding.dispatch(&piece, ids.len(), &LIMITS);
            out = gpu.run(&embedding.kernel(), dispatch, &buffers).remove(3);
        }
        for (id, result) in ids.iter().zip(written(&out).chunks(columns)) {
            let row = &rows[*id as usize];
            let size = row.iter().fold(0f32, |size, number| size.max(number.abs()));
            for (result, number) in result.iter().zip(row) {
                let expected = 3.0 * f64::from(*number);
                assert_close(*result, expected, f64::from(size), format.name());
            }
        }
    }
}

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

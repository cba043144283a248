//! Products with packed matrices, and their rows, in all formats.

use fastrand::Rng;
use gpu::{Embedding, Finish, Inputs, Kernel, Limits, MatrixShape, Product, ProductRows};
use kernels::PackedFormat;

use crate::device::gpu;
use crate::matrices::{Case, random_matrix, rows_of, stored};
use crate::numbers::{assert_close, buffer, empty, numbers, words, written};

const LIMITS: Limits = Limits::DEFAULT;

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

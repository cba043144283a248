//! Matrix products on slices, by the crate that candle multiplies with.

use gemm::Parallelism;

/// A matrix seen in a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// From a row to the next, and from a column to the next.
    steps: (usize, usize),
}

impl<'a> Matrix<'a> {
    /// Rows one after another, as many as there are.
    pub(crate) fn new(values: &'a [f32], columns: usize) -> Matrix<'a> {
        Matrix::strided(values, values.len() / columns, columns, columns)
    }

    /// Rows that begin `step` numbers apart.
    pub(crate) fn strided(
        values: &'a [f32],
        rows: usize,
        columns: usize,
        step: usize,
    ) -> Matrix<'a> {
        Matrix { values, rows, columns, steps: (step, 1) }
    }

    /// Rows as columns.
    pub(crate) fn t(self) -> Matrix<'a> {
        let Matrix { values, rows, columns, steps } = self;
        Matrix { values, rows: columns, columns: rows, steps: (steps.1, steps.0) }
    }
}

/// out = kept · out + by · a · b, where out's rows begin `step` numbers apart. On the
/// thread that calls.
///
/// # Panics
/// If a matrix does not lie in its slice.
#[allow(unsafe_code, reason = "the crate takes pointers, which are checked first")]
pub(crate) fn product(
    out: &mut [f32],
    step: usize,
    kept: f32,
    by: f32,
    a: Matrix<'_>,
    b: Matrix<'_>,
) {
    let (rows, columns) = (a.rows, b.columns);
    assert_eq!(a.columns, b.rows);
    assert!(end(rows, columns, (step, 1)) <= out.len() && (step >= columns || rows < 2));
    for matrix in [a, b] {
        assert!(end(matrix.rows, matrix.columns, matrix.steps) <= matrix.values.len());
    }
    // SAFETY: by the assertions, every number that is read or written lies in its slice;
    // `out` is not shared with the others, and its rows do not overlap.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            a.columns,
            out.as_mut_ptr(),
            1,
            step as isize,
            kept != 0.0,
            a.values.as_ptr(),
            a.steps.1 as isize,
            a.steps.0 as isize,
            b.values.as_ptr(),
            b.steps.1 as isize,
            b.steps.0 as isize,
            kept,
            by,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

/// One past the last number of a matrix.
fn end(rows: usize, columns: usize, steps: (usize, usize)) -> usize {
    match rows == 0 || columns == 0 {
        true => 0,
        false => (rows - 1) * steps.0 + (columns - 1) * steps.1 + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_adds_to_what_is_kept() {
        let (a, b) = ([1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
        let mut out = [1.0, 1.0, 9.0, 1.0, 1.0];
        product(&mut out, 3, 1.0, 0.5, Matrix::new(&a, 2), Matrix::new(&b, 2).t());
        assert_eq!(out, [9.5, 12.5, 9.0, 20.5, 27.5]);
    }
}

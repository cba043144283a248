//! Rows of numbers as integers of 16 bits, in two signed bytes each, for products of integers.

use kernels::BLOCK_COLUMNS;

use crate::kernel::{Access, Kernel, Params};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const ACTIVATIONS: &str = include_str!("wgsl/activations.wgsl");

/// Vectors of four words that a block of 32 columns takes: high bytes, low bytes, and the
/// block's scale with the sums of its halves.
pub(crate) const INPUT_VECTORS: usize = 5;

/// Columns of the widest block of a packed format: rows are filled up to whole ones.
const WIDEST_BLOCK: usize = 256;

/// Numbers that become integers: q · s, with one s for 32 columns, where q = 256 · h + l and both
/// bytes are from -128 to 127. So a product with a byte of a weight is two packed dot products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activations {
    /// Numbers of a row; a multiple of four.
    pub columns: usize,
}

impl Activations {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        "rows of integers".to_owned()
    }

    /// The kernel. Its buffers are the numbers and the integers.
    pub fn kernel(&self) -> Kernel {
        let template = Template::default().constant("INPUT_VECTORS", INPUT_VECTORS);
        Kernel {
            name: self.name(),
            source: template.expand(&[ACTIVATIONS]),
            buffers: vec![Access::Read, Access::Write],
        }
    }

    /// Blocks of a row, with those that fill it up.
    fn blocks(&self) -> usize {
        self.columns.next_multiple_of(WIDEST_BLOCK) / BLOCK_COLUMNS
    }

    /// Vectors of four words of a row.
    pub(crate) fn row_vectors(&self) -> usize {
        INPUT_VECTORS * self.blocks()
    }

    /// Bytes of the integers of some rows.
    pub fn bytes(&self, rows: usize) -> usize {
        16 * rows * self.row_vectors()
    }

    /// What a dispatch gets for rows of numbers, one after the other but `stride` from one to the
    /// next, the first of which begins at `first`. Both are multiples of four.
    pub fn dispatch(
        &self,
        rows: usize,
        first: usize,
        stride: usize,
        limits: &Limits,
    ) -> (Params, Grid) {
        let params = Params::of([
            rows.into(),
            self.blocks().into(),
            (self.columns / 4).into(),
            (stride / 4).into(),
            (first / 4).into(),
        ]);
        let invocations = rows * self.blocks();
        (params, Grid::of(invocations.div_ceil(64), 1, limits))
    }
}

//! Products with packed matrices, and rows of them by number.

use kernels::PackedFormat;

use crate::activations::{Activations, INPUT_VECTORS};
use crate::kernel::{Access, Kernel, Params};
use crate::layout::{MatrixShape, Piece, describe};
use crate::limits::{Grid, Limits};
use crate::template::Template;

const PACKED: &str = include_str!("wgsl/packed.wgsl");
const HEAD: &str = include_str!("wgsl/product_head.wgsl");
const FEW: &str = include_str!("wgsl/product_few.wgsl");
const MANY: &str = include_str!("wgsl/product_many.wgsl");
const MANY_INTEGERS: &str = include_str!("wgsl/product_many_integers.wgsl");
const FLOATS: &str = include_str!("wgsl/packed_floats.wgsl");
const INTEGERS: &str = include_str!("wgsl/packed_integers.wgsl");
const EMBEDDING: &str = include_str!("wgsl/embedding.wgsl");

/// From that many tokens on, weights become numbers once for 32 of them.
pub const TILED_FROM: usize = 5;

/// Tiles of rows, and tokens, of a workgroup for many tokens.
const TILES: usize = 4;
const TOKENS: usize = 32;

/// What is done with the sums of a product.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finish {
    /// Whether a number for each row is added to its sums.
    pub bias: bool,
    /// What they are then multiplied by.
    pub scale: f32,
    /// Whether they then go through cap · tanh(x / cap).
    pub cap: Option<f32>,
    /// Whether they are then added to what is there, instead of taking its place.
    pub add: bool,
}

impl Finish {
    /// Sums as they are.
    pub const STORE: Finish = Finish { bias: false, scale: 1.0, cap: None, add: false };
}

/// What a matrix is multiplied with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inputs {
    /// Numbers, [T, K], wherever [`ProductRows`] says.
    Floats,
    /// What [`Activations`] makes of them, one row after the other from the beginning of its
    /// buffer.
    Integers,
}

/// The product with a matrix, or with a part of one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Product {
    /// What it is multiplied with.
    pub inputs: Inputs,
    /// The shape of what is bound.
    pub matrix: MatrixShape,
    /// What is done with the sums.
    pub finish: Finish,
}

/// Where the rows of inputs and results are, in numbers from the beginning of their buffers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductRows {
    /// T.
    pub tokens: usize,
    /// The first token's inputs; a multiple of four.
    pub first: usize,
    /// From one token's inputs to the next; a multiple of four.
    pub stride: usize,
    /// The first token's results.
    pub out_first: usize,
    /// From one token's results to the next.
    pub out_stride: usize,
    /// The number that is added to the first row's sums, if such are added.
    pub bias_first: usize,
}

impl Product {
    /// The name of the kernel for T tokens.
    pub fn name(&self, tokens: usize) -> String {
        let format = self.matrix.format.name();
        let mut name = match tokens < TILED_FROM {
            true => {
                format!("product of few, {format}, {} splits", splits(&self.matrix))
            }
            false => format!("product of many, {format}"),
        };
        for (flag, _) in self.flags().iter().filter(|(_, set)| *set) {
            name.push_str(", ");
            name.push_str(&flag.to_lowercase());
        }
        name
    }

    fn flags(&self) -> [(&'static str, bool); 5] {
        [
            ("INTEGERS", self.inputs == Inputs::Integers),
            ("BIAS", self.finish.bias),
            ("CAP", self.finish.cap.is_some()),
            ("ADD", self.finish.add),
            ("PADDED", self.inputs == Inputs::Floats && self.matrix.is_padded()),
        ]
    }

    /// The kernel for T tokens. Its buffers are values, scales, the inputs, results, and the
    /// numbers to add if there are such.
    pub fn kernel(&self, tokens: usize) -> Kernel {
        let splits = splits(&self.matrix);
        let template = describe(Template::default(), self.matrix.format)
            .constant("INPUT_VECTORS", INPUT_VECTORS)
            .constant("SPLITS", splits)
            .constant("LANES", 16 * splits);
        let flags = self.flags().into_iter();
        let template =
            flags.fold(template, |template, (flag, set)| template.flag(flag, set));
        let mut buffers = vec![Access::Read, Access::Read, Access::Read, Access::Write];
        if self.finish.bias {
            buffers.push(Access::Read);
        }
        let columns = match self.inputs {
            Inputs::Floats => FLOATS,
            Inputs::Integers => INTEGERS,
        };
        let body = match (tokens < TILED_FROM, self.inputs) {
            (true, _) => FEW,
            (false, Inputs::Floats) => MANY,
            (false, Inputs::Integers) => MANY_INTEGERS,
        };
        let source = template.expand(&[HEAD, PACKED, columns, body]);
        Kernel { name: self.name(tokens), source, buffers }
    }

    /// What a dispatch gets.
    pub fn dispatch(&self, rows: ProductRows, limits: &Limits) -> (Params, Grid) {
        let Product { matrix, finish, inputs } = self;
        let (stride, first) = match inputs {
            Inputs::Floats => (rows.stride / 4, rows.first / 4),
            Inputs::Integers => {
                (Activations { columns: matrix.columns }.row_vectors(), 0)
            }
        };
        let params = Params::of([
            rows.tokens.into(),
            matrix.rows.into(),
            matrix.tiles().into(),
            matrix.blocks().into(),
            matrix.records().into(),
            (matrix.columns / 4).into(),
            stride.into(),
            first.into(),
            rows.out_stride.into(),
            rows.out_first.into(),
            finish.scale.into(),
            finish.cap.unwrap_or(1.0).into(),
            rows.bias_first.into(),
        ]);
        let tiles = matrix.tiles();
        let grid = match rows.tokens < TILED_FROM {
            true => Grid::of(tiles, rows.tokens, limits),
            false => {
                let groups = rows.tokens.div_ceil(TOKENS);
                Grid::of(tiles.div_ceil(TILES), groups, limits)
            }
        };
        (params, grid)
    }
}

/// Among how many invocations the blocks of a row are split.
fn splits(matrix: &MatrixShape) -> usize {
    match matrix.blocks() {
        0..24 => 4,
        24..96 => 8,
        _ => 16,
    }
}

/// Rows of a packed matrix by their number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Embedding {
    /// How it is stored.
    pub format: PackedFormat,
    /// What rows are multiplied by.
    pub scale: f32,
}

impl Embedding {
    /// The name of the kernel.
    pub fn name(&self) -> String {
        format!("rows of {}", self.format.name())
    }

    /// The kernel. Its buffers are values, scales, ids, and the rows, `[T, K]`.
    pub fn kernel(&self) -> Kernel {
        let template = describe(Template::default(), self.format);
        Kernel {
            name: self.name(),
            source: template.expand(&[PACKED, FLOATS, EMBEDDING]),
            buffers: vec![Access::Read, Access::Read, Access::Read, Access::Write],
        }
    }

    /// What a dispatch gets that takes the rows of a part of the matrix; those of other ids
    /// are left as they are.
    pub fn dispatch(
        &self,
        piece: &Piece,
        tokens: usize,
        limits: &Limits,
    ) -> (Params, Grid) {
        let params = Params::of([
            piece.shape.blocks().into(),
            piece.shape.records().into(),
            (piece.shape.columns / 4).into(),
            piece.first_row.into(),
            piece.shape.rows.into(),
            tokens.into(),
            self.scale.into(),
        ]);
        (params, Grid::of(tokens, 1, limits))
    }
}

//! The buffers of a model on a device.

use std::ops::Range;

use super::model::{MatrixId, ModelShape, NumbersId};
use crate::layout::Piece;
use crate::limits::Limits;

/// The number of a buffer in a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub usize);

/// A storage buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Its size; a multiple of four.
    pub bytes: u64,
    /// What is in it.
    pub content: Content,
}

/// What a buffer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// These bytes of a matrix's values, from the beginning on.
    Values(MatrixId, Range<usize>),
    /// These bytes of a matrix's scales, from the beginning on.
    Scales(MatrixId, Range<usize>),
    /// f32 from the beginning on.
    Numbers(NumbersId),
    /// Keys and values of a block, position by position.
    Cache(usize),
    /// What comes and goes with a pass.
    Working(Working),
}

/// What comes and goes with a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Working {
    /// Ids of the tokens, u32, `[T]`: to be written before a pass.
    Ids,
    /// Cosine and sine of each token and pair, [T, pairs, 2]: to be written before a pass. The
    /// second table is for blocks that name it.
    Angles(usize),
    /// The residual stream, [T, H].
    Stream,
    /// The stream, normalised, [T, H].
    Normed,
    /// What a block adds to the stream, before it is normalised, [T, H].
    Branch,
    /// Queries, keys and values as they are projected, [T, (N + 2K) · D].
    Projected,
    /// Queries, rotated, [T, N · D padded].
    Queries,
    /// Partial results of attention.
    Partials,
    /// Output of the heads, [T, N · D].
    Mixed,
    /// Gate and up, [T, 2 · I].
    GateAndUp,
    /// What goes into the down projection, [T, I].
    Inner,
    /// What products of integers read, in words, [T, widest].
    Integers,
    /// Final hidden states, after the last norm, [T, H]: to be read after a pass.
    States,
    /// Logits of some tokens, [rows, V]: to be read after a pass.
    Logits,
    /// What is known of their blocks: to be read after a pass.
    Ranked,
}

/// All buffers of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    pub(super) all: Vec<Buffer>,
}

/// A matrix in parts that a device can bind, with the buffers of values and scales of each.
pub(super) type MatrixBuffers = Vec<(Piece, BufferId, BufferId)>;

impl Buffers {
    /// Adds a buffer.
    pub(super) fn add(&mut self, bytes: usize, content: Content) -> BufferId {
        let bytes = bytes.next_multiple_of(16).max(16) as u64;
        self.all.push(Buffer { bytes, content });
        BufferId(self.all.len() - 1)
    }

    /// Adds a matrix.
    pub(super) fn matrix(
        &mut self,
        shape: &ModelShape,
        id: MatrixId,
        limits: &Limits,
    ) -> MatrixBuffers {
        let pieces = shape.matrix(id).pieces(limits);
        pieces
            .into_iter()
            .map(|piece| {
                let (values, scales) = (piece.values.clone(), piece.scales.clone());
                let values = self.add(values.len(), Content::Values(id, values));
                let scales = self.add(scales.len(), Content::Scales(id, scales));
                (piece, values, scales)
            })
            .collect()
    }

    /// Adds numbers.
    pub(super) fn numbers(&mut self, shape: &ModelShape, id: NumbersId) -> BufferId {
        self.add(4 * shape.numbers(id), Content::Numbers(id))
    }
}

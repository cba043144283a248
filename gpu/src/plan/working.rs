//! The buffers that come and go with a pass, and how large they are.

use super::buffers::{BufferId, Buffers, Content, Working};
use super::model::ModelShape;
use crate::activations::Activations;
use crate::ranking::{BLOCK_WORDS, BlockRanking};

/// The tokens of a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PassTokens {
    /// T.
    pub(super) count: usize,
    /// The position of the first one.
    pub(super) start: usize,
}

/// Rows that a workgroup of attention may have in the partial results of few tokens: 256
/// workgroups, of eight rows each.
const PARTIAL_ROWS: usize = 2048;

/// The number of each buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct WorkingBuffers {
    pub(super) ids: BufferId,
    pub(super) angles: [BufferId; 2],
    pub(super) stream: BufferId,
    pub(super) normed: BufferId,
    pub(super) branch: BufferId,
    pub(super) projected: BufferId,
    pub(super) queries: BufferId,
    pub(super) partials: BufferId,
    pub(super) mixed: BufferId,
    pub(super) gate_and_up: BufferId,
    pub(super) inner: BufferId,
    pub(super) integers: BufferId,
    pub(super) states: BufferId,
    pub(super) logits: BufferId,
    pub(super) ranked: BufferId,
}

impl WorkingBuffers {
    /// Adds them, for passes of at most `tokens` tokens of which `logit_rows` get logits.
    pub(super) fn add(
        buffers: &mut Buffers,
        shape: &ModelShape,
        tokens: usize,
        logit_rows: usize,
    ) -> WorkingBuffers {
        let queries = shape.query_width();
        let padded = shape.heads.heads * shape.heads.padded_dim();
        let partials = (tokens * shape.heads.heads).max(PARTIAL_ROWS);
        let widest = shape.hidden_size.max(queries).max(shape.intermediate_size);
        let integers = Activations { columns: widest }.bytes(1) / 4;
        let ranking = BlockRanking { vocab_size: shape.vocab_size };
        // Four bytes a number, or a word.
        let mut add =
            |numbers: usize, what| buffers.add(4 * numbers, Content::Working(what));
        let mut row = |width: usize, what| add(tokens * width, what);
        WorkingBuffers {
            ids: row(1, Working::Ids),
            angles: [0, 1]
                .map(|table| row(2 * shape.rotated_pairs, Working::Angles(table))),
            stream: row(shape.hidden_size, Working::Stream),
            normed: row(shape.hidden_size, Working::Normed),
            branch: row(shape.hidden_size, Working::Branch),
            projected: row(shape.projected_width(), Working::Projected),
            queries: row(padded, Working::Queries),
            mixed: row(queries, Working::Mixed),
            gate_and_up: row(2 * shape.intermediate_size, Working::GateAndUp),
            inner: row(shape.intermediate_size, Working::Inner),
            states: row(shape.hidden_size, Working::States),
            integers: row(integers, Working::Integers),
            partials: add(partials * (shape.heads.padded_dim() + 4), Working::Partials),
            logits: add(logit_rows * shape.vocab_size, Working::Logits),
            ranked: add(logit_rows * ranking.blocks() * BLOCK_WORDS, Working::Ranked),
        }
    }
}

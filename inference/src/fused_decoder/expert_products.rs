//! The products of a mixture of experts, of all tokens that go through the same expert at once.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{PackedMatrix, QuantisedActivations, SharedBuffer, TILE_ROWS};
use model_files::config::{Block, Experts};
use model_files::weights::MlpWeights;

use super::pass::Pass;
use super::project::Projection;

/// The tokens that go through an expert.
pub(super) struct Group<'a> {
    pub(super) mlp: &'a MlpWeights<PackedMatrix>,
    /// The input of its first products, and the rows of this group there.
    pub(super) input: (&'a QuantisedActivations, Range<usize>),
    /// The input of its last product, and the rows of this group there.
    pub(super) inner: (&'a QuantisedActivations, Range<usize>),
    /// Where the first of its rows begins in the buffers `gate` and `up`.
    pub(super) start: usize,
    /// The token of each row, and the weight of what the expert gives.
    pub(super) rows: Vec<(usize, f32)>,
}

impl Group<'_> {
    /// I.
    fn width(&self) -> usize {
        self.mlp.up_proj.weight.rows()
    }

    /// Where some numbers of a row, from the number `first` on, are in `gate` and `up`.
    fn place(&self, row: usize, first: usize, count: usize) -> Range<usize> {
        let start = self.start + row * self.width() + first;
        start..start + count
    }
}

impl Pass<'_> {
    /// Computes act(gate) · up of each group. Work is split by tiles of all groups.
    pub(super) fn gate_and_up_of(&self, groups: &[Group<'_>]) {
        let buffers = &self.decoder.buffers;
        let tiles_of = |group: &Group<'_>| group.mlp.up_proj.weight.tiles();
        self.member.for_each_piece(groups.iter().map(tiles_of).sum(), |piece| {
            let mut first_tile = 0;
            for group in groups {
                let tiles = tiles_of(group);
                let start =
                    piece.start.clamp(first_tile, first_tile + tiles) - first_tile;
                let end = piece.end.clamp(first_tile, first_tile + tiles) - first_tile;
                first_tile += tiles;
                if start < end {
                    let gate = group.mlp.gate_proj.as_ref();
                    let gate = gate.map(|gate| (gate, &buffers.gate));
                    for (projection, out) in
                        gate.into_iter().chain([(&group.mlp.up_proj, &buffers.up)])
                    {
                        self.project_group(group, projection, start..end, out);
                    }
                    self.activate_group(group, start..end);
                }
            }
        });
    }

    /// Writes some tiles of a product of a group's inputs.
    fn project_group(
        &self,
        group: &Group<'_>,
        projection: &Projection,
        tiles: Range<usize>,
        out: &SharedBuffer<f32>,
    ) {
        let (inputs, rows) = &group.input;
        self.product_of(
            rows.clone(),
            projection,
            tiles,
            inputs,
            |row, first, results| {
                let place = group.place(row - rows.start, first, results.len());
                // SAFETY: these numbers are of this member's tiles.
                unsafe { out.get_mut(place).copy_from_slice(results) };
            },
        );
    }

    /// Applies the activation to what some tiles gave.
    fn activate_group(&self, group: &Group<'_>, tiles: Range<usize>) {
        let (decoder, activation) = (self.decoder, self.activation());
        let first = tiles.start * TILE_ROWS;
        let count = (tiles.end * TILE_ROWS).min(group.width()) - first;
        for row in 0..group.rows.len() {
            let place = group.place(row, first, count);
            // SAFETY: these numbers are of this member's tiles, in both buffers.
            unsafe {
                let up = decoder.buffers.up.get_mut(place.clone());
                match group.mlp.gate_proj {
                    Some(_) => {
                        let gate = decoder.buffers.gate.get(place);
                        decoder.kernels.activate_and_multiply(activation, gate, up);
                    }
                    None => decoder.kernels.activate(activation, up),
                }
            }
        }
    }

    /// Prepares the inputs of the last products. Rows of several tokens are shared among
    /// members; each prepares those of a single token for itself.
    pub(super) fn quantise_inner(&self, groups: &[Group<'_>], experts: &Experts) {
        let kernels = &self.decoder.kernels;
        let routed = self.tokens * experts.used;
        let all = routed + if experts.shared_inner > 0 { self.tokens } else { 0 };
        let own = if self.tokens == 1 { 0..all } else { self.member.share(all) };
        let mut done = 0;
        for group in groups {
            let (inner, rows) = &group.inner;
            let count = rows.len();
            for row in own.start.max(done)..own.end.min(done + count) {
                let row = row - done;
                // SAFETY: nobody writes the buffer in this step, and this row is this
                // member's.
                unsafe {
                    let numbers =
                        self.decoder.buffers.up.get(group.place(row, 0, group.width()));
                    kernels.quantise_row(inner, rows.start + row, numbers);
                }
            }
            done += count;
        }
    }

    /// Adds what all experts give to the stream, in the order of the groups; in blocks that
    /// normalise it first, writes it to the branch instead. Work is split by tiles of the
    /// output.
    pub(super) fn add_down_of(&self, groups: &[Group<'_>]) {
        let Some(first) = groups.first() else { return };
        let (config, buffers) = (&self.decoder.config, &self.decoder.buffers);
        let hidden = config.hidden_size;
        let has_norm = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let (out, scale) = match has_norm {
            true => (&buffers.branch, 1.0),
            false => (&buffers.stream, config.scales.residual as f32),
        };
        self.member.for_each_piece(first.mlp.down_proj.weight.tiles(), |tiles| {
            if has_norm && !tiles.is_empty() {
                let columns =
                    tiles.start * TILE_ROWS..(tiles.end * TILE_ROWS).min(hidden);
                for token in 0..self.tokens {
                    let start = token * hidden;
                    let place = start + columns.start..start + columns.end;
                    // SAFETY: these numbers are of this member's tiles.
                    unsafe { out.get_mut(place).fill(0.0) };
                }
            }
            for group in groups {
                let (inner, rows) = &group.inner;
                let (down, tiles) = (&group.mlp.down_proj, tiles.clone());
                self.product_of(
                    rows.clone(),
                    down,
                    tiles,
                    inner,
                    |row, first, results| {
                        let (token, weight) = group.rows[row - rows.start];
                        let start = token * hidden + first;
                        // SAFETY: these numbers are of this member's tiles.
                        let out = unsafe { out.get_mut(start..start + results.len()) };
                        for (out, result) in out.iter_mut().zip(results) {
                            *out += scale * weight * result;
                        }
                    },
                );
            }
        });
    }
}

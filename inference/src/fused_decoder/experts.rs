//! A mixture of experts in a pass (Shazeer et al., 2017, arXiv:1701.06538).
//!
//! Only the experts that some token goes through are computed. Tokens are grouped by their
//! experts: a tile of an expert's weights serves all of its tokens at once, as in a dense MLP.
//! Every member works out the groups for itself, all of them the same ones.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{PackedMatrix, QuantisedActivations, SharedBuffer, TILE_ROWS};
use model_files::config::{Block, Experts};
use model_files::weights::{ExpertsWeights, MlpWeights};

use super::pass::{Layer, Pass};
use super::project::Projection;
use crate::routing::{Routes, routes};

/// The tokens that go through an expert.
struct Group<'a> {
    mlp: &'a MlpWeights<PackedMatrix>,
    /// The input of its first products, and the rows of this group there.
    input: (&'a QuantisedActivations, Range<usize>),
    /// The input of its last product, and the rows of this group there.
    inner: (&'a QuantisedActivations, Range<usize>),
    /// Where the first of its rows begins in the buffers `gate` and `up`.
    start: usize,
    /// The token of each row, and the weight of what the expert gives.
    rows: Vec<(usize, f32)>,
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
    /// Applies a mixture of experts to the stream.
    pub(super) fn experts(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &ExpertsWeights<PackedMatrix>,
    ) {
        let Pass { member, decoder, .. } = *self;
        let Some(experts) = decoder.config.experts else { return };
        self.norm_and_route(layer, weights);
        self.keep_stream(2 * layer_index + 1);
        member.barrier();

        // SAFETY: nobody writes what the router said in this step.
        let logits =
            unsafe { decoder.buffers.router.get(0..self.tokens * experts.count) };
        let routes = routes(logits, &experts);
        self.gather(&routes);
        let groups = self.groups(routes, weights, &experts);
        self.gate_and_up_of(&groups);
        member.barrier();

        self.quantise_inner(&groups, &experts);
        self.await_inputs();
        self.add_down_of(&groups);
        member.barrier();
        self.add_residual(layer.mlp_output_norm.as_ref());
        self.keep_stream(2 * layer_index + 2);
    }

    /// Prepares the inputs of the experts from the stream, and what the router says of them.
    /// Work is split as in [`norm_and_quantise`](Self::norm_and_quantise); of a single token,
    /// members ask the router for some of the experts each.
    fn norm_and_route(&self, layer: &Layer, weights: &ExpertsWeights<PackedMatrix>) {
        let Pass { member, decoder, tokens, .. } = *self;
        let hidden = decoder.config.hidden_size;
        let count = weights.experts.len();
        let asked = if tokens == 1 { member.share(count) } else { 0..count };
        let mut normed = vec![0.0; hidden];
        for token in self.tokens_to_prepare() {
            // SAFETY: nobody writes this row of the stream in this step, and this token's
            // inputs and numbers of the router are this member's.
            let (row, logits) = unsafe {
                let start = token * count;
                let asked = start + asked.start..start + asked.end;
                let row = token * hidden..(token + 1) * hidden;
                (decoder.buffers.stream.get(row), decoder.buffers.router.get_mut(asked))
            };
            let row = match &layer.mlp_norm {
                Some(norm) => {
                    self.norm_row(norm, row, &mut normed);
                    &normed
                }
                None => row,
            };
            // SAFETY: as above.
            unsafe { decoder.kernels.quantise_row(&self.inputs().hidden, token, row) };
            let router = &weights.router[asked.start * hidden..asked.end * hidden];
            decoder.kernels.products(router, row, logits);
            if let Some(bias) = &weights.router_bias {
                let bias = &bias[asked.clone()];
                logits.iter_mut().zip(bias).for_each(|(logit, bias)| *logit += bias);
            }
            let weighed = weights.shared.as_ref().and_then(|s| s.weight.as_ref());
            if let Some(weight) = weighed.filter(|_| tokens > 1 || member.index == 0) {
                let mut product = [0.0];
                decoder.kernels.products(weight, row, &mut product);
                let sigmoid = 1.0 / (1.0 + (-product[0]).exp());
                let place = token..token + 1;
                // SAFETY: this token's weight is this member's.
                unsafe { decoder.buffers.shared_weight.get_mut(place)[0] = sigmoid };
            }
        }
    }

    /// Groups the inputs of several tokens by experts.
    fn gather(&self, routes: &Routes) {
        if self.tokens == 1 {
            return;
        }
        let inputs = self.inputs();
        for row in self.member.share(routes.rows.len()) {
            let (token, _) = routes.rows[row];
            // SAFETY: nobody writes the inputs in this step, and this row is this member's.
            unsafe { inputs.routed.copy_row(row, &inputs.hidden, token) };
        }
        self.member.barrier();
    }

    /// The groups of all experts that are used, with that of all tokens at the end.
    fn groups<'a>(
        &'a self,
        routes: Routes,
        weights: &'a ExpertsWeights<PackedMatrix>,
        experts: &Experts,
    ) -> Vec<Group<'a>> {
        let (inputs, tokens) = (self.inputs(), self.tokens);
        let group = |(expert, rows): &(usize, Range<usize>)| Group {
            mlp: &weights.experts[*expert],
            // All rows of a single token are the same one.
            input: match tokens {
                1 => (&inputs.hidden, 0..1),
                _ => (&inputs.routed, rows.clone()),
            },
            inner: (&inputs.routed_inner, rows.clone()),
            start: rows.start * experts.inner,
            rows: routes.rows[rows.clone()].to_vec(),
        };
        let mut groups: Vec<Group<'a>> = routes.groups.iter().map(group).collect();
        if let Some(shared) = &weights.shared {
            let weight = |token: usize| match shared.weight {
                // SAFETY: nobody writes these weights in this step.
                Some(_) => unsafe {
                    self.decoder.buffers.shared_weight.get(token..token + 1)[0]
                },
                None => 1.0,
            };
            groups.push(Group {
                mlp: &shared.mlp,
                input: (&inputs.hidden, 0..tokens),
                inner: (&inputs.shared_inner, 0..tokens),
                start: tokens * experts.used * experts.inner,
                rows: (0..tokens).map(|token| (token, weight(token))).collect(),
            });
        }
        groups
    }

    /// Computes act(gate) · up of each group. Work is split by tiles of all groups.
    fn gate_and_up_of(&self, groups: &[Group<'_>]) {
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
    fn quantise_inner(&self, groups: &[Group<'_>], experts: &Experts) {
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
    fn add_down_of(&self, groups: &[Group<'_>]) {
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

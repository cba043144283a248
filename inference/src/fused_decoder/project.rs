//! The matrix products of a pass. Members split the work by tiles of the matrices.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{
    ActivationFunction, PackedMatrix, QuantisedActivations, SharedBuffer, TILE_ROWS,
};

use super::pass::Pass;
use model_files::config::{self, Block};
use model_files::weights::{AttentionWeights, MlpWeights};

pub(super) type Projection = model_files::weights::Projection<PackedMatrix>;

/// Where the product of some inputs with a matrix is written: to columns of a buffer's rows
/// from `first` on.
pub(super) struct Target<'a> {
    pub(super) inputs: &'a QuantisedActivations,
    pub(super) projection: &'a Projection,
    pub(super) out: &'a SharedBuffer<f32>,
    /// The width of a row.
    pub(super) width: usize,
    pub(super) first: usize,
}

/// Products of the same inputs side by side in the rows of one buffer.
pub(super) fn beside<'a>(
    projections: impl IntoIterator<Item = &'a Projection>,
    inputs: &'a QuantisedActivations,
    out: &'a SharedBuffer<f32>,
) -> Vec<Target<'a>> {
    let mut width = 0;
    let mut targets: Vec<Target<'_>> = projections
        .into_iter()
        .map(|projection| {
            let first = width;
            width += projection.weight.rows();
            Target { inputs, projection, out, width: 0, first }
        })
        .collect();
    targets.iter_mut().for_each(|target| target.width = width);
    targets
}

impl Pass<'_> {
    /// Projects the block's inputs to queries, keys and values, [T, (N + 2K) · D], and to
    /// what gates the output of the heads, if something does.
    pub(super) fn project_qkv(&self, weights: &AttentionWeights<PackedMatrix>) {
        self.project(&self.qkv_targets(weights));
    }

    /// Where these are written. The places of keys and values stay empty in a layer that has
    /// those of another.
    #[inline(never)]
    pub(super) fn qkv_targets<'a>(
        &'a self,
        weights: &'a AttentionWeights<PackedMatrix>,
    ) -> Vec<Target<'a>> {
        let (buffers, inputs) = (&self.decoder.buffers, &self.inputs().hidden);
        let config = &self.decoder.config;
        let own = [&weights.k_proj, &weights.v_proj].into_iter().flatten();
        let qkv = std::iter::once(&weights.q_proj).chain(own);
        let mut targets = beside(qkv, inputs, &buffers.qkv);
        let width = config.q_size() + 2 * config.kv_size();
        targets.iter_mut().for_each(|target| target.width = width);
        targets.extend(beside(&weights.gate, inputs, &buffers.attention_gate));
        targets
    }

    /// Writes products where they belong. Members share all of them, so that there is one
    /// piece of work.
    #[inline(never)]
    pub(super) fn project(&self, targets: &[Target<'_>]) {
        let all_tiles = targets.iter().map(|target| target.projection.weight.tiles());
        self.member.for_each_piece(all_tiles.sum(), |piece| {
            let mut first_tile = 0;
            for Target { inputs, projection, out, width, first } in targets {
                let tiles = projection.weight.tiles();
                let start = piece.start.clamp(first_tile, first_tile + tiles);
                let end = piece.end.clamp(first_tile, first_tile + tiles);
                let tiles_of = start - first_tile..end - first_tile;
                self.product(projection, tiles_of, inputs, |token, row, results| {
                    let start = token * width + first + row;
                    // SAFETY: these rows are of this member's tiles.
                    let out = unsafe { out.get_mut(start..start + results.len()) };
                    out.copy_from_slice(results);
                });
                first_tile += tiles;
            }
        });
    }

    /// Computes act(gate) · up, or act(up) without a gate, into the buffer `up`, [T, I].
    /// Both matrices have the same tiles.
    #[inline(never)]
    pub(super) fn gate_and_up(
        &self,
        weights: &MlpWeights<PackedMatrix>,
        inputs: &QuantisedActivations,
    ) {
        let decoder = self.decoder;
        let buffers = &decoder.buffers;
        let inner = decoder.config.intermediate_size;
        let activation = self.activation();
        self.member.for_each_piece(weights.up_proj.weight.tiles(), |tiles| {
            let gate = weights.gate_proj.as_ref().map(|gate| (gate, &buffers.gate));
            for (projection, buffer) in
                gate.into_iter().chain([(&weights.up_proj, &buffers.up)])
            {
                self.product(projection, tiles.clone(), inputs, |token, row, results| {
                    let start = token * inner + row;
                    // SAFETY: these rows are of this member's tiles.
                    let out = unsafe { buffer.get_mut(start..start + results.len()) };
                    out.copy_from_slice(results);
                });
            }
            let rows = tiles.start * TILE_ROWS..(tiles.end * TILE_ROWS).min(inner);
            for token in 0..self.tokens {
                let range =
                    token * inner + rows.start..token * inner + rows.end.max(rows.start);
                // SAFETY: these rows are of this member's tiles, in both buffers.
                unsafe {
                    let up = buffers.up.get_mut(range.clone());
                    match weights.gate_proj {
                        Some(_) => {
                            let gate = buffers.gate.get(range);
                            decoder.kernels.activate_and_multiply(activation, gate, up);
                        }
                        None => decoder.kernels.activate(activation, up),
                    }
                }
            }
        });
    }

    /// The activation of MLPs.
    pub(super) fn activation(&self) -> ActivationFunction {
        match self.decoder.config.mlp.activation {
            config::Activation::Silu => ActivationFunction::Silu,
            config::Activation::Gelu => ActivationFunction::Gelu,
            config::Activation::GeluTanh => ActivationFunction::GeluTanh,
            config::Activation::Relu => ActivationFunction::Relu,
            config::Activation::ReluSquared => ActivationFunction::ReluSquared,
            config::Activation::ClampedSwiglu => ActivationFunction::ClampedSwiglu,
        }
    }

    /// Adds a product to the stream, [T, H]; in blocks that normalise it first, writes it
    /// to the branch instead.
    #[inline(never)]
    pub(super) fn project_to_stream(
        &self,
        projection: &Projection,
        inputs: &QuantisedActivations,
    ) {
        let config = &self.decoder.config;
        let hidden = config.hidden_size;
        let buffers = &self.decoder.buffers;
        let has_output_norms = matches!(config.block, Block::PostNorm | Block::Sandwich);
        let scale = config.scales.residual as f32;
        let mut write = |token: usize, row: usize, results: &[f32]| {
            let start = token * hidden + row;
            let range = start..start + results.len();
            // SAFETY: these rows are of this member's tiles, in both buffers.
            unsafe {
                if has_output_norms {
                    buffers.branch.get_mut(range).copy_from_slice(results);
                    return;
                }
                let stream = buffers.stream.get_mut(range);
                for (stream, result) in stream.iter_mut().zip(results) {
                    *stream += scale * result;
                }
            }
        };
        self.member.for_each_piece(projection.weight.tiles(), |tiles| {
            self.product(projection, tiles, inputs, &mut write);
        });
    }

    /// Writes a product of the block's inputs to a buffer, [T, rows of the matrix].
    pub(super) fn project_into(&self, projection: &Projection, out: &SharedBuffer<f32>) {
        self.project(&beside([projection], &self.inputs().hidden, out));
    }

    /// Writes products of the block's inputs to a buffer side by side, [T, rows of all
    /// matrices].
    pub(super) fn project_beside(
        &self,
        projections: &[Projection],
        out: &SharedBuffer<f32>,
    ) {
        self.project(&beside(projections, &self.inputs().hidden, out));
    }

    /// As [`product_of`](Self::product_of), of all tokens.
    fn product(
        &self,
        projection: &Projection,
        tiles: Range<usize>,
        inputs: &QuantisedActivations,
        write: impl FnMut(usize, usize, &[f32]),
    ) {
        self.product_of(0..self.tokens, projection, tiles, inputs, write);
    }

    /// Computes some tiles of x · Wᵀ + b for some rows of x. `write` gets the row of x, the
    /// first row of W, and the results of a tile without its padding.
    pub(super) fn product_of(
        &self,
        rows: Range<usize>,
        projection: &Projection,
        tiles: Range<usize>,
        inputs: &QuantisedActivations,
        mut write: impl FnMut(usize, usize, &[f32]),
    ) {
        let matrix: &PackedMatrix = &projection.weight;
        let kernels = &self.decoder.kernels;
        let write = |token: usize, first: usize, results: &[f32; TILE_ROWS]| {
            let count = TILE_ROWS.min(matrix.rows() - first);
            match &projection.bias {
                None => write(token, first, &results[..count]),
                Some(bias) => {
                    let mut biased = *results;
                    for (result, bias) in biased.iter_mut().zip(&bias[first..]) {
                        *result += bias;
                    }
                    write(token, first, &biased[..count]);
                }
            }
        };
        // SAFETY: nobody writes the inputs in a step with products.
        unsafe { kernels.product(matrix, tiles, inputs, rows, write) };
    }
}

//! A block of a pass.

use super::buffers::BufferId;
use super::layer_buffers::{LayerBuffers, ProjectionBuffers};
use super::model::{HeadNorm, LayerShape, ModelShape};
use super::steps::Steps;
use super::working::{PassTokens, WorkingBuffers};
use crate::activations::Activations;
use crate::attention::{Attention, Combination};
use crate::elementwise::Gate;
use crate::limits::Limits;
use crate::norm::{Norm, NormRows, NormTarget};
use crate::product::{Finish, Inputs, Product, ProductRows};
use crate::rotation::{Rotation, RotationRows};
use crate::variant::Variant;

/// What all blocks of a pass have in common.
pub(super) struct LayerPass<'a> {
    pub(super) shape: &'a ModelShape,
    pub(super) working: &'a WorkingBuffers,
    pub(super) tokens: PassTokens,
    pub(super) variant: Variant,
    pub(super) limits: &'a Limits,
}

/// What products read: the buffer, and what it has.
type InputsBuffer = (BufferId, Inputs);

impl LayerPass<'_> {
    /// Appends a block's dispatches.
    pub(super) fn push(
        &self,
        steps: &mut Steps<'_>,
        layer: &LayerShape,
        own: &LayerBuffers,
    ) {
        let LayerPass { shape, working, .. } = *self;
        let queries = shape.query_width();
        let keys = shape.heads.kv_heads * shape.heads.head_dim;
        let inputs = self.normed_inputs(steps, own.input_norm);
        let width = shape.projected_width();
        for (projection, first) in
            [(&own.query, 0), (&own.key, queries), (&own.value, queries + keys)]
        {
            let rows = self.rows(shape.hidden_size, first, width);
            self.product(
                steps,
                projection,
                (inputs, working.projected),
                rows,
                Finish::STORE,
            );
        }
        self.attention(steps, layer, own);
        self.to_stream(steps, &own.output, (working.mixed, queries), own.mixed_norm);

        let inputs = self.normed_inputs(steps, own.mlp_norm);
        let inner = shape.intermediate_size;
        for (projection, first) in [(&own.gate, 0), (&own.up, inner)] {
            let rows = self.rows(shape.hidden_size, first, 2 * inner);
            self.product(
                steps,
                projection,
                (inputs, working.gate_and_up),
                rows,
                Finish::STORE,
            );
        }
        let gate = Gate { function: shape.gate, width: inner };
        let buffers = [working.gate_and_up, working.inner];
        steps.push(
            (gate.name(), || gate.kernel()),
            &buffers,
            gate.dispatch(self.tokens.count, self.limits),
        );
        self.to_stream(steps, &own.down, (working.inner, inner), own.mlp_output_norm);
    }

    /// The stream as a block's part takes it.
    fn normed_inputs(
        &self,
        steps: &mut Steps<'_>,
        weights: Option<BufferId>,
    ) -> InputsBuffer {
        let LayerPass { shape, working, tokens, limits, .. } = *self;
        let Some(weights) = weights else {
            return self.inputs(steps, working.stream, shape.hidden_size);
        };
        let rows = NormRows::dense(tokens.count, shape.hidden_size);
        let buffers = [weights, working.normed, working.stream];
        push_norm(steps, self.norm(NormTarget::Store), rows, &buffers, limits);
        self.inputs(steps, working.normed, shape.hidden_size)
    }

    fn norm(&self, target: NormTarget) -> Norm {
        let subgroups = self.variant.subgroups;
        Norm { epsilon: self.shape.epsilon, target, subgroups }
    }

    /// Rows of numbers, one after the other, as products take them.
    fn inputs(
        &self,
        steps: &mut Steps<'_>,
        numbers: BufferId,
        columns: usize,
    ) -> InputsBuffer {
        if !self.variant.integers {
            return (numbers, Inputs::Floats);
        }
        let activations = Activations { columns };
        let integers = self.working.integers;
        steps.push(
            (activations.name(), || activations.kernel()),
            &[numbers, integers],
            activations.dispatch(self.tokens.count, 0, columns, self.limits),
        );
        (integers, Inputs::Integers)
    }

    /// Rows of inputs one after the other, and of results within wider rows.
    fn rows(&self, stride: usize, out_first: usize, out_stride: usize) -> ProductRows {
        ProductRows {
            tokens: self.tokens.count,
            first: 0,
            stride,
            out_first,
            out_stride,
            bias_first: 0,
        }
    }

    fn product(
        &self,
        steps: &mut Steps<'_>,
        projection: &ProjectionBuffers,
        (inputs, out): (InputsBuffer, BufferId),
        rows: ProductRows,
        finish: Finish,
    ) {
        let finish = Finish { bias: projection.bias.is_some(), ..finish };
        push_product(steps, projection, (inputs, out), rows, finish, self.limits);
    }

    /// Adds a projection to the stream, normalised if there is a norm.
    fn to_stream(
        &self,
        steps: &mut Steps<'_>,
        projection: &ProjectionBuffers,
        (numbers, width): (BufferId, usize),
        norm: Option<BufferId>,
    ) {
        let LayerPass { shape, working, tokens, limits, .. } = *self;
        let hidden = shape.hidden_size;
        let inputs = self.inputs(steps, numbers, width);
        let rows = self.rows(width, 0, hidden);
        let Some(weights) = norm else {
            let finish =
                Finish { add: true, scale: shape.residual_scale, ..Finish::STORE };
            return self.product(
                steps,
                projection,
                (inputs, working.stream),
                rows,
                finish,
            );
        };
        self.product(steps, projection, (inputs, working.branch), rows, Finish::STORE);
        let norm = self.norm(NormTarget::Add(shape.residual_scale));
        let rows = NormRows::dense(tokens.count, hidden);
        let buffers = [weights, working.stream, working.branch];
        push_norm(steps, norm, rows, &buffers, limits);
    }

    /// From projections to the output of heads.
    fn attention(&self, steps: &mut Steps<'_>, layer: &LayerShape, own: &LayerBuffers) {
        let LayerPass { shape, working, tokens, limits, .. } = *self;
        let (count, width) = (tokens.count, shape.projected_width());
        let queries = shape.query_width();
        let keys = shape.heads.kv_heads * shape.heads.head_dim;
        if let (HeadNorm::Whole, Some((of_queries, of_keys))) =
            (shape.head_norm, own.head_norms)
        {
            let norm = self.norm(NormTarget::InPlace);
            for (weights, first, numbers) in
                [(of_queries, 0, queries), (of_keys, queries, keys)]
            {
                let rows =
                    NormRows { first, stride: width, ..NormRows::dense(count, numbers) };
                let buffers = [weights, working.projected];
                push_norm(steps, norm, rows, &buffers, limits);
            }
        }
        let norms = own.head_norms.filter(|_| shape.head_norm == HeadNorm::Each);
        let rotation = Rotation {
            shape: shape.heads,
            norm: norms.map(|_| shape.epsilon),
            interleaved: shape.interleaved,
            cache: shape.cache,
        };
        let rows = RotationRows {
            tokens: count,
            start: tokens.start,
            pairs: layer.angles.map_or(0, |_| shape.rotated_pairs),
            table_pairs: shape.rotated_pairs,
        };
        let angles = working.angles[layer.angles.unwrap_or(0)];
        let mut buffers = vec![working.projected, angles, working.queries, own.cache];
        buffers.extend(norms.into_iter().flat_map(|(queries, keys)| [queries, keys]));
        let kernel = (rotation.name(), || rotation.kernel());
        steps.push(kernel, &buffers, rotation.dispatch(rows, limits));

        let attention = Attention {
            shape: shape.heads,
            cache: shape.cache,
            scale: shape.score_scale,
            cap: shape.score_cap,
            window: layer.window,
        };
        let splits = attention.splits(count, tokens.start);
        let dispatch = attention.dispatch(count, tokens.start, splits, limits);
        let buffers = [working.queries, own.cache, working.partials];
        let kernel = (attention.name(count), || attention.kernel(count));
        steps.push(kernel, &buffers, dispatch);
        let combination = Combination { shape: shape.heads };
        let dispatch = combination.dispatch(count, splits, limits);
        let kernel = (combination.name(), || combination.kernel());
        steps.push(kernel, &[working.partials, working.mixed], dispatch);
    }
}

/// Appends the norm of rows.
pub(super) fn push_norm(
    steps: &mut Steps<'_>,
    norm: Norm,
    rows: NormRows,
    buffers: &[BufferId],
    limits: &Limits,
) {
    let kernel = (norm.name(), || norm.kernel());
    steps.push(kernel, buffers, norm.dispatch(rows, limits));
}

/// Appends the product with each part of a matrix.
pub(super) fn push_product(
    steps: &mut Steps<'_>,
    projection: &ProjectionBuffers,
    ((inputs, kind), out): (InputsBuffer, BufferId),
    rows: ProductRows,
    finish: Finish,
    limits: &Limits,
) {
    for (piece, values, scales) in &projection.matrix {
        let product = Product { inputs: kind, matrix: piece.shape, finish };
        let out_first = rows.out_first + piece.first_row;
        let rows = ProductRows { out_first, bias_first: piece.first_row, ..rows };
        let mut buffers = vec![*values, *scales, inputs, out];
        buffers.extend(projection.bias);
        let kernel = (product.name(rows.tokens), || product.kernel(rows.tokens));
        steps.push(kernel, &buffers, product.dispatch(rows, limits));
    }
}

//! Forward and backward pass of a few sequences, on one thread, in memory that is reused.
//!
//! N tokens, D the width, H·E and K·E the widths of queries and keys, I the MLP's.

use super::attention::{Attention, QueriesKeysValues};
use super::head::{HeadBuffers, Targets};
use super::product::{Matrix, product};
use super::rows::{add, rms_norm, rms_norm_backward, swiglu, swiglu_backward};
use crate::corpus::Pack;
use crate::model::EPSILON;
use crate::per_weight::{Block, PerWeight};
use crate::shape::Shape;

/// What a block computed, for the gradients.
#[derive(Clone, Debug, Default)]
struct BlockActivations {
    x: Vec<f32>,
    scales: Vec<f32>,
    normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    probabilities: Vec<f32>,
    mixed: Vec<f32>,
    middle: Vec<f32>,
    middle_scales: Vec<f32>,
    middle_normed: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    gated: Vec<f32>,
}

/// A thread's memory, and the sums of its gradients.
#[derive(Clone, Debug)]
pub(super) struct ThreadState {
    shape: Shape,
    activations: Vec<BlockActivations>,
    /// The stream after the last block, the scales of its norm, and the normed states.
    last: (Vec<f32>, Vec<f32>, Vec<f32>),
    head: HeadBuffers,
    /// Gradients of the stream, the normed and the gated values, queries, keys and values.
    grads: [Vec<f32>; 6],
    pub(super) gradients: PerWeight<Vec<f32>>,
    pub(super) loss: f64,
}

impl ThreadState {
    pub(super) fn new(shape: Shape) -> ThreadState {
        ThreadState {
            shape,
            activations: vec![BlockActivations::default(); shape.layers],
            last: Default::default(),
            head: HeadBuffers::default(),
            grads: Default::default(),
            gradients: PerWeight::new(shape, |_, dims| vec![0.0; dims.iter().product()]),
            loss: 0.0,
        }
    }

    /// Sets loss and gradients to zero.
    pub(super) fn clear(&mut self) {
        self.loss = 0.0;
        self.gradients.all_mut().into_iter().for_each(|gradient| gradient.fill(0.0));
    }

    /// Adds the loss of a pack, and its gradients if asked for.
    pub(super) fn pass(
        &mut self,
        weights: &PerWeight<&[f32]>,
        attention: &Attention,
        pack: Pack<'_>,
        total: f32,
        with_gradients: bool,
    ) {
        self.forward(weights, attention, pack);
        let [stream_grad, normed_grad, ..] = &mut self.grads;
        let stream_grad = sized(stream_grad, self.last.0.len());
        let normed_grad = sized(normed_grad, self.last.0.len());
        let targets =
            Targets { targets: pack.targets, loss_weights: pack.loss_weights, total };
        let (stream, scales, states) = &self.last;
        let gradients =
            with_gradients.then_some((&mut *normed_grad, &mut self.gradients.embed[..]));
        self.loss += self.head.loss(states, weights.embed, targets, gradients);
        if with_gradients {
            stream_grad.fill(0.0);
            let norm_grad = &mut self.gradients.norm;
            rms_norm_backward(
                (stream, weights.norm, scales),
                normed_grad,
                stream_grad,
                norm_grad,
            );
            self.backward(weights, attention, pack);
        }
    }

    fn forward(
        &mut self,
        weights: &PerWeight<&[f32]>,
        attention: &Attention,
        pack: Pack<'_>,
    ) {
        let Shape { hidden, inner, heads, kv_heads, .. } = self.shape;
        let [wide, narrow] = [heads, kv_heads].map(|heads| heads * self.shape.head_dim());
        let count = pack.ids.len();
        let stream = &mut self.last.0;
        stream.clear();
        for id in pack.ids {
            stream.extend_from_slice(&weights.embed[*id as usize * hidden..][..hidden]);
        }
        for (saved, block) in self.activations.iter_mut().zip(&weights.blocks) {
            // x + attention(norm(x))
            copy(&mut saved.x, stream);
            let normed = sized(&mut saved.normed, count * hidden);
            let scales = sized(&mut saved.scales, count);
            rms_norm(&saved.x, block.attention_norm, EPSILON, normed, scales);
            let queries = sized(&mut saved.queries, count * wide);
            let keys = sized(&mut saved.keys, count * narrow);
            let values = sized(&mut saved.values, count * narrow);
            linear(normed, block.q, hidden, queries, 0.0);
            linear(normed, block.k, hidden, keys, 0.0);
            linear(normed, block.v, hidden, values, 0.0);
            attention.rotate(queries, heads, pack.lengths, 1.0);
            attention.rotate(keys, kv_heads, pack.lengths, 1.0);
            let inputs =
                QueriesKeysValues { queries: &*queries, keys: &*keys, values: &*values };
            let probabilities = sized(
                &mut saved.probabilities,
                attention.probability_count(pack.lengths),
            );
            let mixed = sized(&mut saved.mixed, count * wide);
            attention.forward(pack.lengths, inputs, probabilities, mixed);
            linear(mixed, block.o, wide, stream, 1.0);

            // x + MLP(norm(x))
            copy(&mut saved.middle, stream);
            let normed = sized(&mut saved.middle_normed, count * hidden);
            let scales = sized(&mut saved.middle_scales, count);
            rms_norm(&saved.middle, block.mlp_norm, EPSILON, normed, scales);
            let gate = sized(&mut saved.gate, count * inner);
            let up = sized(&mut saved.up, count * inner);
            linear(normed, block.gate, hidden, gate, 0.0);
            linear(normed, block.up, hidden, up, 0.0);
            let gated = sized(&mut saved.gated, count * inner);
            swiglu(gate, up, gated);
            linear(gated, block.down, inner, stream, 1.0);
        }
        let (stream, scales, states) = &mut self.last;
        let states = sized(states, count * hidden);
        rms_norm(stream, weights.norm, EPSILON, states, sized(scales, count));
    }

    /// Computes all gradients from those of the stream after the last block.
    fn backward(
        &mut self,
        weights: &PerWeight<&[f32]>,
        attention: &Attention,
        pack: Pack<'_>,
    ) {
        let Shape { hidden, inner, heads, kv_heads, .. } = self.shape;
        let count = pack.ids.len();
        let [stream_grad, normed_grad, gated_grad, query_grad, key_grad, value_grad] =
            &mut self.grads;
        let normed_grad = sized(normed_grad, count * hidden);
        let blocks = weights.blocks.iter().zip(&mut self.gradients.blocks);
        for (saved, (block, gradients)) in self.activations.iter_mut().zip(blocks).rev() {
            let Block { attention_norm, q, k, v, o, mlp_norm, gate, up, down } =
                gradients;
            // The MLP
            let gated_grad = sized(gated_grad, count * inner);
            linear_input_grad(stream_grad, block.down, inner, gated_grad, 0.0);
            linear_weight_grad(stream_grad, &saved.gated, down, inner);
            swiglu_backward(&mut saved.gate, &mut saved.up, gated_grad);
            linear_input_grad(&saved.gate, block.gate, hidden, normed_grad, 0.0);
            linear_input_grad(&saved.up, block.up, hidden, normed_grad, 1.0);
            linear_weight_grad(&saved.gate, &saved.middle_normed, gate, hidden);
            linear_weight_grad(&saved.up, &saved.middle_normed, up, hidden);
            let forward = (&saved.middle[..], block.mlp_norm, &saved.middle_scales[..]);
            rms_norm_backward(forward, normed_grad, stream_grad, mlp_norm);

            // Attention. The mixed values are not needed after this: their gradients replace them.
            linear_weight_grad(stream_grad, &saved.mixed, o, saved.queries.len() / count);
            linear_input_grad(
                stream_grad,
                block.o,
                saved.queries.len() / count,
                &mut saved.mixed,
                0.0,
            );
            let grads = QueriesKeysValues {
                queries: sized(query_grad, saved.queries.len()),
                keys: sized(key_grad, saved.keys.len()),
                values: sized(value_grad, saved.values.len()),
            };
            let inputs = QueriesKeysValues {
                queries: &saved.queries[..],
                keys: &saved.keys[..],
                values: &saved.values[..],
            };
            attention.backward(
                pack.lengths,
                inputs,
                &saved.probabilities,
                &saved.mixed,
                grads,
            );
            attention.rotate(query_grad, heads, pack.lengths, -1.0);
            attention.rotate(key_grad, kv_heads, pack.lengths, -1.0);
            linear_input_grad(query_grad, block.q, hidden, normed_grad, 0.0);
            linear_input_grad(key_grad, block.k, hidden, normed_grad, 1.0);
            linear_input_grad(value_grad, block.v, hidden, normed_grad, 1.0);
            linear_weight_grad(query_grad, &saved.normed, q, hidden);
            linear_weight_grad(key_grad, &saved.normed, k, hidden);
            linear_weight_grad(value_grad, &saved.normed, v, hidden);
            let forward = (&saved.x[..], block.attention_norm, &saved.scales[..]);
            rms_norm_backward(forward, normed_grad, stream_grad, attention_norm);
        }
        for (id, row_grad) in pack.ids.iter().zip(stream_grad.chunks_exact(hidden)) {
            add(&mut self.gradients.embed[*id as usize * hidden..][..hidden], row_grad);
        }
    }
}

/// y = kept · y + x · wᵀ; x is `[N, inputs]`, w `[outputs, inputs]`.
fn linear(x: &[f32], w: &[f32], inputs: usize, y: &mut [f32], kept: f32) {
    let step = w.len() / inputs;
    product(y, step, kept, 1.0, Matrix::new(x, inputs), Matrix::new(w, inputs).t());
}

/// x_grad = kept · x_grad + y_grad · w.
fn linear_input_grad(
    y_grad: &[f32],
    w: &[f32],
    inputs: usize,
    x_grad: &mut [f32],
    kept: f32,
) {
    let outputs = w.len() / inputs;
    let (y_grad, w) = (Matrix::new(y_grad, outputs), Matrix::new(w, inputs));
    product(x_grad, inputs, kept, 1.0, y_grad, w);
}

/// w_grad = w_grad + y_gradᵀ · x.
fn linear_weight_grad(y_grad: &[f32], x: &[f32], w_grad: &mut [f32], inputs: usize) {
    let outputs = w_grad.len() / inputs;
    let (y_grad, x) = (Matrix::new(y_grad, outputs), Matrix::new(x, inputs));
    product(w_grad, inputs, 1.0, 1.0, y_grad.t(), x);
}

/// The vector as a slice of `count` numbers.
fn sized(values: &mut Vec<f32>, count: usize) -> &mut [f32] {
    values.resize(count, 0.0);
    values
}

fn copy(to: &mut Vec<f32>, from: &[f32]) {
    to.clear();
    to.extend_from_slice(from);
}

//! A few sequences through the model and back, on one thread, in memory that is used
//! again.
//!
//! N tokens, D the width, H·E and K·E the widths of queries and keys, I the MLP's.

use super::attention::{Attention, Rows};
use super::head::{Room, Wanted};
use super::product::{Matrix, product};
use super::rows::{add, norm, norm_back, swiglu, swiglu_back};
use crate::corpus::Pack;
use crate::model::EPSILON;
use crate::parts::{Block, Parts};
use crate::shape::Shape;

/// What a block computed, kept for the gradients.
#[derive(Clone, Debug, Default)]
struct Kept {
    x: Vec<f32>,
    scales: Vec<f32>,
    normed: Vec<f32>,
    queries: Vec<f32>,
    keys: Vec<f32>,
    values: Vec<f32>,
    shares: Vec<f32>,
    mixed: Vec<f32>,
    middle: Vec<f32>,
    middle_scales: Vec<f32>,
    middle_normed: Vec<f32>,
    gate: Vec<f32>,
    up: Vec<f32>,
    gated: Vec<f32>,
}

/// A thread's memory, and the gradients that it found.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    shape: Shape,
    kept: Vec<Kept>,
    /// The stream after the last block, its scales and what it is normed.
    last: (Vec<f32>, Vec<f32>, Vec<f32>),
    head: Room,
    /// Of the stream, of what is normed, of what is gated, of queries, keys and values.
    of: [Vec<f32>; 6],
    pub(super) gradients: Parts<Vec<f32>>,
    pub(super) loss: f64,
}

impl Lane {
    pub(super) fn new(shape: Shape) -> Lane {
        Lane {
            shape,
            kept: vec![Kept::default(); shape.layers],
            last: Default::default(),
            head: Room::default(),
            of: Default::default(),
            gradients: Parts::new(shape, |_, dims| vec![0.0; dims.iter().product()]),
            loss: 0.0,
        }
    }

    /// Forgets what it found.
    pub(super) fn clear(&mut self) {
        self.loss = 0.0;
        self.gradients.all_mut().into_iter().for_each(|gradient| gradient.fill(0.0));
    }

    /// Adds the loss of a pack, and with `learns` its gradients.
    pub(super) fn pass(
        &mut self,
        weights: &Parts<&[f32]>,
        attention: &Attention,
        pack: Pack<'_>,
        total: f32,
        learns: bool,
    ) {
        self.forward(weights, attention, pack);
        let [of_stream, of_normed, ..] = &mut self.of;
        let of_stream = sized(of_stream, self.last.0.len());
        let of_normed = sized(of_normed, self.last.0.len());
        let wanted = Wanted { targets: pack.targets, counts: pack.counts, total };
        let (stream, scales, states) = &self.last;
        let gradients =
            learns.then_some((&mut *of_normed, &mut self.gradients.embed[..]));
        self.loss += self.head.loss(states, weights.embed, wanted, gradients);
        if learns {
            of_stream.fill(0.0);
            let of_norm = &mut self.gradients.norm;
            norm_back((stream, weights.norm, scales), of_normed, of_stream, of_norm);
            self.backward(weights, attention, pack);
        }
    }

    fn forward(
        &mut self,
        weights: &Parts<&[f32]>,
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
        for (kept, block) in self.kept.iter_mut().zip(&weights.blocks) {
            // x + attention of its norm
            copy(&mut kept.x, stream);
            let normed = sized(&mut kept.normed, count * hidden);
            let scales = sized(&mut kept.scales, count);
            norm(&kept.x, block.attention_norm, EPSILON, normed, scales);
            let queries = sized(&mut kept.queries, count * wide);
            let keys = sized(&mut kept.keys, count * narrow);
            let values = sized(&mut kept.values, count * narrow);
            linear(normed, block.q, hidden, queries, 0.0);
            linear(normed, block.k, hidden, keys, 0.0);
            linear(normed, block.v, hidden, values, 0.0);
            attention.turn(queries, heads, pack.lengths, 1.0);
            attention.turn(keys, kv_heads, pack.lengths, 1.0);
            let of = Rows { queries: &*queries, keys: &*keys, values: &*values };
            let shares = sized(&mut kept.shares, attention.shares(pack.lengths));
            let mixed = sized(&mut kept.mixed, count * wide);
            attention.forward(pack.lengths, of, shares, mixed);
            linear(mixed, block.o, wide, stream, 1.0);

            // and that + the MLP of its norm
            copy(&mut kept.middle, stream);
            let normed = sized(&mut kept.middle_normed, count * hidden);
            let scales = sized(&mut kept.middle_scales, count);
            norm(&kept.middle, block.mlp_norm, EPSILON, normed, scales);
            let gate = sized(&mut kept.gate, count * inner);
            let up = sized(&mut kept.up, count * inner);
            linear(normed, block.gate, hidden, gate, 0.0);
            linear(normed, block.up, hidden, up, 0.0);
            let gated = sized(&mut kept.gated, count * inner);
            swiglu(gate, up, gated);
            linear(gated, block.down, inner, stream, 1.0);
        }
        let (stream, scales, states) = &mut self.last;
        let states = sized(states, count * hidden);
        norm(stream, weights.norm, EPSILON, states, sized(scales, count));
    }

    /// From the gradients of the stream after the last block to all others.
    fn backward(
        &mut self,
        weights: &Parts<&[f32]>,
        attention: &Attention,
        pack: Pack<'_>,
    ) {
        let Shape { hidden, inner, heads, kv_heads, .. } = self.shape;
        let count = pack.ids.len();
        let [of_stream, of_normed, of_gated, of_queries, of_keys, of_values] =
            &mut self.of;
        let of_normed = sized(of_normed, count * hidden);
        let blocks = weights.blocks.iter().zip(&mut self.gradients.blocks);
        for (kept, (block, gradients)) in self.kept.iter_mut().zip(blocks).rev() {
            let Block { attention_norm, q, k, v, o, mlp_norm, gate, up, down } =
                gradients;
            // The MLP
            let of_gated = sized(of_gated, count * inner);
            back(of_stream, block.down, inner, of_gated, 0.0);
            learn(of_stream, &kept.gated, down, inner);
            swiglu_back(&mut kept.gate, &mut kept.up, of_gated);
            back(&kept.gate, block.gate, hidden, of_normed, 0.0);
            back(&kept.up, block.up, hidden, of_normed, 1.0);
            learn(&kept.gate, &kept.middle_normed, gate, hidden);
            learn(&kept.up, &kept.middle_normed, up, hidden);
            let of = (&kept.middle[..], block.mlp_norm, &kept.middle_scales[..]);
            norm_back(of, of_normed, of_stream, mlp_norm);

            // Attention. What was mixed has no use after this: its gradients take its place.
            learn(of_stream, &kept.mixed, o, kept.queries.len() / count);
            back(of_stream, block.o, kept.queries.len() / count, &mut kept.mixed, 0.0);
            let out = Rows {
                queries: sized(of_queries, kept.queries.len()),
                keys: sized(of_keys, kept.keys.len()),
                values: sized(of_values, kept.values.len()),
            };
            let of = Rows {
                queries: &kept.queries[..],
                keys: &kept.keys[..],
                values: &kept.values[..],
            };
            attention.backward(pack.lengths, of, &kept.shares, &kept.mixed, out);
            attention.turn(of_queries, heads, pack.lengths, -1.0);
            attention.turn(of_keys, kv_heads, pack.lengths, -1.0);
            back(of_queries, block.q, hidden, of_normed, 0.0);
            back(of_keys, block.k, hidden, of_normed, 1.0);
            back(of_values, block.v, hidden, of_normed, 1.0);
            learn(of_queries, &kept.normed, q, hidden);
            learn(of_keys, &kept.normed, k, hidden);
            learn(of_values, &kept.normed, v, hidden);
            let of = (&kept.x[..], block.attention_norm, &kept.scales[..]);
            norm_back(of, of_normed, of_stream, attention_norm);
        }
        for (id, of_row) in pack.ids.iter().zip(of_stream.chunks_exact(hidden)) {
            add(&mut self.gradients.embed[*id as usize * hidden..][..hidden], of_row);
        }
    }
}

/// kept · y + x · wᵀ, x of `[N, inputs]`, w of `[outputs, inputs]`.
fn linear(x: &[f32], w: &[f32], inputs: usize, y: &mut [f32], kept: f32) {
    let step = w.len() / inputs;
    product(y, step, kept, 1.0, Matrix::new(x, inputs), Matrix::new(w, inputs).t());
}

/// kept · of_x + of_y · w.
fn back(of_y: &[f32], w: &[f32], inputs: usize, of_x: &mut [f32], kept: f32) {
    let outputs = w.len() / inputs;
    let (of_y, w) = (Matrix::new(of_y, outputs), Matrix::new(w, inputs));
    product(of_x, inputs, kept, 1.0, of_y, w);
}

/// Adds of_yᵀ · x to the gradients of w.
fn learn(of_y: &[f32], x: &[f32], of_w: &mut [f32], inputs: usize) {
    let outputs = of_w.len() / inputs;
    let (of_y, x) = (Matrix::new(of_y, outputs), Matrix::new(x, inputs));
    product(of_w, inputs, 1.0, 1.0, of_y.t(), x);
}

/// The slice of a vector that is made as long.
fn sized(values: &mut Vec<f32>, count: usize) -> &mut [f32] {
    values.resize(count, 0.0);
    values
}

fn copy(to: &mut Vec<f32>, from: &[f32]) {
    to.clear();
    to.extend_from_slice(from);
}

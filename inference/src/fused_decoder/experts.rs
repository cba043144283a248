//! A mixture of experts in a pass (Shazeer et al., 2017, arXiv:1701.06538).
//!
//! Only the experts that some token goes through are computed. Tokens are grouped by their
//! experts: a tile of an expert's weights serves all of its tokens at once, as in a dense MLP.
//! Every member works out the groups for itself, all of them the same ones.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::PackedMatrix;
use model_files::config::Experts;
use model_files::weights::ExpertsWeights;

use super::expert_products::Group;
use super::layers::Layer;
use super::pass::Pass;
use crate::routing::{Routes, routes};

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
        let routes = routes(logits, &experts, weights.choice_bias.as_deref());
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
}

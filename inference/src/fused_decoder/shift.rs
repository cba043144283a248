//! Mixtures of each token's inputs with those of the token before it, in a pass.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::{QuantisedActivations, SharedBuffer};
use model_files::weights::NormWeights;

use super::pass::Pass;
use super::project::{Projection, Target};
use crate::recurrence::{self, Before};

impl Pass<'_> {
    /// Prepares mixtures of the stream, normalised, with that of the token before: for each of
    /// the amounts one of the inputs, H wide.
    pub(super) fn norm_and_mix(
        &self,
        layer_index: usize,
        before: Before,
        norm: Option<&NormWeights>,
        amounts: &[Vec<f32>],
        inputs: &[&QuantisedActivations],
    ) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let (mut x, mut previous) = (vec![0.0; hidden], vec![0.0; hidden]);
        let mut mixed = vec![0.0; hidden];
        for token in self.tokens_to_prepare() {
            self.normed(norm, token, &mut x);
            let slot = self.rows[token].slot;
            let follows = token > 0 && self.rows[token - 1].slot == slot;
            let mut exists = follows;
            if follows {
                self.normed(norm, token - 1, &mut previous);
            } else {
                // Nobody changes a state in this step.
                let state = decoder.sequences[slot].state(layer_index);
                if let Some(last) = before.last(&state, hidden) {
                    previous.copy_from_slice(last);
                    exists = true;
                }
            }
            let previous = exists.then_some(&previous[..]);
            for (inputs, amounts) in inputs.iter().zip(amounts) {
                recurrence::mixed(&x, previous, amounts, &mut mixed);
                // SAFETY: this token's inputs are this member's.
                unsafe { decoder.kernels.quantise_row(inputs, token, &mixed) };
            }
        }
    }

    /// Writes products of the mixtures to a buffer side by side.
    pub(super) fn project_mixtures(
        &self,
        projections: &[Projection],
        out: &SharedBuffer<f32>,
    ) {
        let width = projections.iter().map(|projection| projection.weight.rows()).sum();
        let mut next = 0;
        let mixtures = projections.iter().zip(&self.inputs().mixtures);
        let targets: Vec<Target<'_>> = mixtures
            .map(|(projection, inputs)| {
                let first = next;
                next += projection.weight.rows();
                Target { inputs, projection, out, width, first }
            })
            .collect();
        self.project(&targets);
    }

    /// Keeps the inputs of each sequence's last token for the one after it. Work is split by
    /// sequences; nobody may change the stream in this step.
    pub(super) fn keep_last(
        &self,
        layer_index: usize,
        before: Before,
        norm: Option<&NormWeights>,
    ) {
        let decoder = self.decoder;
        let Some(config) = decoder.config.recurring() else { return };
        let mut x = vec![0.0; decoder.config.hidden_size];
        for (token, row) in self.rows.iter().enumerate() {
            let is_last =
                self.rows.get(token + 1).is_none_or(|next| next.slot != row.slot);
            if !is_last || row.slot % self.member.count != self.member.index {
                continue;
            }
            self.normed(norm, token, &mut x);
            let mut state = decoder.sequences[row.slot].state(layer_index);
            recurrence::keep_last(before, &x, config.state_size(), &mut state);
        }
    }

    /// A token's row of the stream, normalised if there is a norm.
    fn normed(&self, norm: Option<&NormWeights>, token: usize, out: &mut [f32]) {
        let hidden = self.decoder.config.hidden_size;
        // SAFETY: nobody writes the stream in a step in which inputs are prepared or kept, in
        // blocks without norms of outputs.
        let row = unsafe {
            self.decoder.buffers.stream.get(token * hidden..(token + 1) * hidden)
        };
        match norm {
            Some(norm) => self.norm_row(norm, row, out),
            None => out.copy_from_slice(row),
        }
    }
}

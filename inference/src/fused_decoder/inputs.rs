//! What the products of a pass take: rows of numbers, normalised and in 8 bits.
//!
//! Those of many tokens are made by all members, a part by each, who then meet. Those of a
//! single token every member makes for itself: that takes a microsecond, and to wait for
//! another to do it takes longer.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{QuantisedActivations, SharedBuffer};
use model_files::config::Block;
use model_files::weights::NormWeights;

use super::buffers::Inputs;
use super::pass::{Layer, Pass};

impl Pass<'_> {
    /// Where this member finds them.
    pub(super) fn inputs(&self) -> &Inputs {
        let own = if self.tokens == 1 { self.member.index } else { 0 };
        &self.decoder.buffers.inputs[own]
    }

    /// The tokens whose inputs this member makes.
    fn tokens_to_make(&self) -> Range<usize> {
        if self.tokens == 1 { 0..1 } else { self.member.share(self.tokens) }
    }

    /// Waits until this member's inputs are made.
    pub(super) fn await_inputs(&self) {
        if self.tokens > 1 {
            self.member.barrier();
        }
    }

    /// Makes the inputs of a block.
    pub(super) fn prepare_inputs(&self, layer: &Layer) {
        let inputs = self.inputs();
        self.norm_and_quantise(layer.input_norm.as_ref(), &inputs.hidden);
        if self.decoder.config.block == Block::ParallelTwoNorms {
            self.norm_and_quantise(layer.mlp_norm.as_ref(), &inputs.other);
        }
        self.await_inputs();
    }

    /// The stream, normalised if there is a norm, becomes inputs of width H.
    pub(super) fn norm_and_quantise(
        &self,
        norm: Option<&NormWeights>,
        inputs: &QuantisedActivations,
    ) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let mut normed = vec![0.0; hidden];
        for token in self.tokens_to_make() {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: others write no other rows of the stream than theirs in this step.
            let row = unsafe { decoder.buffers.stream.get(range) };
            let row = match norm {
                Some(norm) => {
                    self.norm_row(norm, row, &mut normed);
                    &normed
                }
                None => row,
            };
            // SAFETY: this token's inputs are this member's.
            unsafe { decoder.kernels.quantise_row(inputs, token, row) };
        }
    }

    /// Adds the branch, normalised, to the stream, if it is to be. By tokens, as the
    /// inputs that are made of the stream after it, so that no barrier is needed between,
    /// but for a single token, whose inputs every member makes.
    pub(super) fn add_residual(&self, norm: Option<&NormWeights>) {
        let Some(norm) = norm else { return };
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let scale = decoder.config.scales.residual as f32;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: nobody writes the branch in this step, and this token's row of the
            // stream is this member's.
            unsafe {
                self.norm_row(
                    norm,
                    decoder.buffers.branch.get(range.clone()),
                    &mut normed,
                );
                let stream = decoder.buffers.stream.get_mut(range);
                stream.iter_mut().zip(&normed).for_each(|(x, y)| *x += scale * y);
            }
        }
        if self.tokens == 1 {
            self.member.barrier();
        }
    }

    /// Rows of a buffer become inputs.
    pub(super) fn quantise(
        &self,
        from: &SharedBuffer<f32>,
        which: impl Fn(&Inputs) -> &QuantisedActivations,
    ) {
        let inputs = which(self.inputs());
        let width = inputs.columns();
        for token in self.tokens_to_make() {
            // SAFETY: nobody writes the buffer in this step, and this token's inputs are
            // this member's.
            unsafe {
                let row = from.get(token * width..(token + 1) * width);
                self.decoder.kernels.quantise_row(inputs, token, row);
            }
        }
        self.await_inputs();
    }
}

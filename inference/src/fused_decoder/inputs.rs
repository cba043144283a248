//! The inputs of the products of a pass: rows of activations, normalised and quantised to
//! 8 bits.
//!
//! For several tokens, each member prepares the inputs of some, and all meet at
//! a barrier. For a single token, every member prepares the inputs for itself: that takes
//! a microsecond, less than a barrier.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use std::ops::Range;

use kernels::{QuantisedActivations, SharedBuffer};
use model_files::config::Block;
use model_files::weights::NormWeights;

use super::buffers::Inputs;
use super::layers::Layer;
use super::pass::Pass;
use super::project::{Projection, beside};
use crate::recurrence::Before;

impl Pass<'_> {
    /// The inputs that this member uses.
    pub(super) fn inputs(&self) -> &Inputs {
        let index = if self.tokens == 1 { self.member.index } else { 0 };
        &self.decoder.buffers.inputs[index]
    }

    /// The tokens whose inputs this member prepares.
    pub(super) fn tokens_to_prepare(&self) -> Range<usize> {
        if self.tokens == 1 { 0..1 } else { self.member.share(self.tokens) }
    }

    /// Waits until the inputs that this member uses are complete.
    #[inline(never)]
    pub(super) fn await_inputs(&self) {
        if self.tokens > 1 {
            self.member.barrier();
        }
    }

    /// Prepares the inputs of a block.
    pub(super) fn prepare_inputs(&self, layer_index: usize, layer: &Layer) {
        let inputs = self.inputs();
        if let Some(wkv) = layer.wkv() {
            let norm = layer.input_norm.as_ref();
            let inputs: Vec<_> = inputs.mixtures.iter().collect();
            self.norm_and_mix(layer_index, Before::Mixer, norm, &wkv.shift, &inputs);
            return self.await_inputs();
        }
        if self.decoder.config.block == Block::NormAfterSum {
            self.norm_stream(layer.input_norm.as_ref());
            self.norm_and_quantise(None, &inputs.hidden);
            return self.await_inputs();
        }
        self.norm_and_quantise(layer.input_norm.as_ref(), &inputs.hidden);
        if self.decoder.config.block == Block::ParallelTwoNorms {
            self.norm_and_quantise(layer.mlp_norm.as_ref(), &inputs.mlp_hidden);
        }
        self.await_inputs();
    }

    /// Puts the normalised stream in the place of the stream. Work is split by tokens, as in
    /// [`add_residual`](Self::add_residual).
    pub(super) fn norm_stream(&self, norm: Option<&NormWeights>) {
        let Some(norm) = norm else { return };
        let hidden = self.decoder.config.hidden_size;
        let mut normed = vec![0.0; hidden];
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: this token's row of the stream is this member's in this step.
            let row = unsafe { self.decoder.buffers.stream.get_mut(range) };
            self.norm_row(norm, row, &mut normed);
            row.copy_from_slice(&normed);
        }
        if self.tokens == 1 {
            self.member.barrier();
        }
    }

    /// Quantises the stream, normalised if there is a norm, to inputs of width H.
    #[inline(never)]
    pub(super) fn norm_and_quantise(
        &self,
        norm: Option<&NormWeights>,
        inputs: &QuantisedActivations,
    ) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let mut normed = vec![0.0; hidden];
        for token in self.tokens_to_prepare() {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: other members write only their own rows of the stream in this step.
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

    /// Adds the normalised branch to the stream if the block has such a norm. Work is
    /// split by tokens, as it is when inputs are prepared from the stream, so that no
    /// barrier is needed between the two; except for a single token, whose inputs every
    /// member prepares.
    #[inline(never)]
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

    /// Adds the product of an MLP's last projection to the stream, times the sigmoid of the
    /// branch. Work is split by tokens, as in [`add_residual`](Self::add_residual).
    #[inline(never)]
    pub(super) fn add_gated(&self, projection: &Projection) {
        let buffers = &self.decoder.buffers;
        let hidden = self.decoder.config.hidden_size;
        // What the mixer's inputs were projected to, wider than this, is no longer needed.
        self.project(&beside([projection], &self.inputs().inner, &buffers.recurring));
        self.member.barrier();
        for token in self.member.share(self.tokens) {
            let range = token * hidden..(token + 1) * hidden;
            // SAFETY: nobody writes the products in this step, and this token's row of the
            // stream is this member's.
            unsafe {
                let gates = buffers.branch.get(range.clone());
                let outputs = buffers.recurring.get(range.clone());
                let stream = buffers.stream.get_mut(range);
                for ((x, output), gate) in stream.iter_mut().zip(outputs).zip(gates) {
                    *x += output / (1.0 + (-gate).exp());
                }
            }
        }
    }

    /// Quantises the output of the heads times the sigmoid of its gate.
    pub(super) fn quantise_gated(&self) {
        let (buffers, inputs) = (&self.decoder.buffers, &self.inputs().mixed);
        let width = inputs.columns();
        let mut gated = vec![0.0; width];
        for token in self.tokens_to_prepare() {
            let range = token * width..(token + 1) * width;
            // SAFETY: nobody writes these buffers in this step, and this token's inputs are
            // this member's.
            unsafe {
                let gates = buffers.attention_gate.get(range.clone());
                let mixed = buffers.mixed.get(range);
                for ((gated, mixed), gate) in gated.iter_mut().zip(mixed).zip(gates) {
                    *gated = mixed / (1.0 + (-gate).exp());
                }
                self.decoder.kernels.quantise_row(inputs, token, &gated);
            }
        }
        self.await_inputs();
    }

    /// Quantises rows of a buffer to the inputs that `which` selects.
    pub(super) fn quantise(
        &self,
        from: &SharedBuffer<f32>,
        which: impl Fn(&Inputs) -> &QuantisedActivations,
    ) {
        let inputs = which(self.inputs());
        let width = inputs.columns();
        for token in self.tokens_to_prepare() {
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

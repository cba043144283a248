//! A mixer that keeps a state of fixed size, in a pass.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::PackedMatrix;

use super::layers::Layer;
use super::pass::Pass;
use crate::recurrence::{self, Before};
use model_files::weights::RecurrenceWeights;

impl Pass<'_> {
    /// Applies a recurrence, as `candle_decoder::recurrence` does.
    pub(super) fn recurrence(
        &self,
        layer_index: usize,
        layer: &Layer,
        weights: &RecurrenceWeights<PackedMatrix>,
    ) {
        let buffers = &self.decoder.buffers;
        match weights.numbers.wkv {
            Some(_) => self.project_mixtures(&weights.inputs, &buffers.recurring),
            None => self.project_beside(&weights.inputs, &buffers.recurring),
        }
        self.member.barrier();

        self.recur(layer_index, weights);
        if weights.numbers.wkv.is_some() {
            self.keep_last(layer_index, Before::Mixer, layer.input_norm.as_ref());
        }
        self.member.barrier();

        self.project_to_stream(&weights.output, &buffers.recurred);
        self.member.barrier();
    }

    /// Runs the recurrence, and quantises its output for the last product. Work is split by
    /// sequences, because the tokens of one depend on each other.
    fn recur(&self, layer_index: usize, weights: &RecurrenceWeights<PackedMatrix>) {
        let decoder = self.decoder;
        let Some(config) = decoder.config.recurring() else { return };
        let (width, inner) =
            (recurrence::width(config, &weights.numbers), config.inner());
        let handed_on = recurrence::handed_on(Some(config));
        let mut out = vec![0.0; inner];
        for (token, row) in self.rows.iter().enumerate() {
            if row.slot % self.member.count != self.member.index {
                continue;
            }
            let range = token * width..(token + 1) * width;
            // SAFETY: nobody writes the projected inputs in this step.
            let projected = unsafe { decoder.buffers.recurring.get(range) };
            let mut state = decoder.sequences[row.slot].state(layer_index);
            let first = token * handed_on..(token + 1) * handed_on;
            // SAFETY: this sequence's tokens are this member's.
            let first = unsafe { decoder.buffers.first_values.get_mut(first) };
            let numbers = &weights.numbers;
            recurrence::run(config, numbers, projected, &mut state, first, &mut out);
            // SAFETY: this sequence's tokens are this member's.
            unsafe {
                decoder.kernels.quantise_row(&decoder.buffers.recurred, token, &out)
            };
        }
    }
}

//! A mixer that keeps a state of fixed size, in a pass.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::PackedMatrix;

use super::pass::Pass;
use crate::recurrence;
use model_files::weights::RecurrenceWeights;

impl Pass<'_> {
    /// Applies a recurrence, as `candle_decoder::recurrence` does.
    pub(super) fn recurrence(
        &self,
        layer_index: usize,
        weights: &RecurrenceWeights<PackedMatrix>,
    ) {
        let buffers = &self.decoder.buffers;
        self.project_beside(&weights.inputs, &buffers.recurring);
        self.member.barrier();

        self.recur(layer_index, weights);
        self.member.barrier();

        self.project_to_stream(&weights.output, &buffers.recurred);
        self.member.barrier();
    }

    /// Runs the recurrence, and quantises its output for the last product. Work is split by
    /// sequences, because the tokens of one depend on each other.
    fn recur(&self, layer_index: usize, weights: &RecurrenceWeights<PackedMatrix>) {
        let decoder = self.decoder;
        let Some(config) = decoder.config.recurring() else { return };
        let (width, inner) = (config.inputs().into_iter().sum::<usize>(), config.inner());
        let mut out = vec![0.0; inner];
        for (token, row) in self.rows.iter().enumerate() {
            if row.slot % self.member.count != self.member.index {
                continue;
            }
            let range = token * width..(token + 1) * width;
            // SAFETY: nobody writes the projected inputs in this step.
            let projected = unsafe { decoder.buffers.recurring.get(range) };
            let mut state = decoder.sequences[row.slot].state(layer_index);
            recurrence::run(config, &weights.numbers, projected, &mut state, &mut out);
            // SAFETY: this sequence's tokens are this member's.
            unsafe {
                decoder.kernels.quantise_row(&decoder.buffers.recurred, token, &out)
            };
        }
    }
}

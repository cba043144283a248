//! The gated short convolution of LFM2 in a pass.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::PackedMatrix;

use super::pass::Pass;
use model_files::weights::ConvolutionWeights;

impl Pass<'_> {
    /// Applies a convolution layer, as `candle_decoder::convolution` does.
    pub(super) fn convolution(
        &self,
        layer_index: usize,
        weights: &ConvolutionWeights<PackedMatrix>,
    ) {
        let buffers = &self.decoder.buffers;
        self.project_into(&weights.in_proj, &buffers.gates);
        self.member.barrier();

        self.convolve(layer_index, weights);
        self.member.barrier();

        self.project_to_stream(&weights.out_proj, &buffers.convolved);
        self.member.barrier();
    }

    /// Appends the inputs of the convolution to the cache, and quantises its output for
    /// the last product. Work is split by sequences, because the tokens of one depend on
    /// each other.
    fn convolve(&self, layer_index: usize, weights: &ConvolutionWeights<PackedMatrix>) {
        let decoder = self.decoder;
        let hidden = decoder.config.hidden_size;
        let taps = decoder.config.convolution_taps;
        let (mut mixed, mut input) = (vec![0.0; hidden], vec![0.0; hidden]);
        for (token, row) in self.rows.iter().enumerate() {
            if row.slot % self.member.count != self.member.index {
                continue;
            }
            let start = token * 3 * hidden;
            // SAFETY: nobody writes the gates in this step.
            let gates = unsafe { decoder.buffers.gates.get(start..start + 3 * hidden) };
            let (b, rest) = gates.split_at(hidden);
            let (c, x) = rest.split_at(hidden);
            for ((input, b), x) in input.iter_mut().zip(b).zip(x) {
                *input = b * x;
            }
            let cache = decoder.sequences[row.slot].head(layer_index, 0);
            cache.push_key(&input);

            match &weights.bias {
                Some(bias) => mixed.copy_from_slice(bias),
                None => mixed.fill(0.0),
            }
            cache.read(|inputs, _| {
                // The first tap belongs to the oldest position.
                for tap in 0..taps {
                    let Some(position) = (row.position + tap + 1).checked_sub(taps)
                    else {
                        continue; // before the first token
                    };
                    inputs.read(position, &mut input);
                    let factors = weights.taps.iter().skip(tap).step_by(taps);
                    for ((mixed, input), factor) in
                        mixed.iter_mut().zip(&input).zip(factors)
                    {
                        *mixed += input * factor;
                    }
                }
            });
            mixed.iter_mut().zip(c).for_each(|(mixed, c)| *mixed *= c);
            // SAFETY: this sequence's tokens are this member's.
            unsafe {
                decoder.kernels.quantise_row(&decoder.buffers.convolved, token, &mixed);
            }
        }
    }
}

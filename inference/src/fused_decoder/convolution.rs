//! The gated short convolution of LFM2 in a pass.

#![allow(unsafe_code, reason = "members of a team share buffers between barriers")]

use kernels::PackedMatrix;

use super::pass::Pass;
use model_files::weights::ConvolutionWeights;

impl Pass<'_> {
    /// As [`decoder::Convolution`](crate::decoder::Convolution).
    pub(super) fn convolution(
        &self,
        index: usize,
        weights: &ConvolutionWeights<PackedMatrix>,
    ) {
        let buffers = &self.decoder.buffers;
        self.project_into(&weights.in_proj, &buffers.gates);
        self.member.barrier();

        self.convolve(index, weights);
        self.member.barrier();

        self.project_back(&weights.out_proj, &buffers.convolved);
        self.member.barrier();
    }

    /// The inputs of the convolution go into the cache, and what it makes of them becomes
    /// the inputs of the last product. By sequences, whose tokens need each other.
    fn convolve(&self, index: usize, weights: &ConvolutionWeights<PackedMatrix>) {
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
            let cache = decoder.sequences[row.slot].head(index, 0);
            cache.push_key(&input);

            match &weights.bias {
                Some(bias) => mixed.copy_from_slice(bias),
                None => mixed.fill(0.0),
            }
            cache.read(|inputs, _| {
                // The oldest tap is for the position that is furthest back.
                for tap in 0..taps {
                    let Some(position) = (row.position + tap + 1).checked_sub(taps)
                    else {
                        continue; // before the beginning
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

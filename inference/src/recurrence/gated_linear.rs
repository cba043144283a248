//! The real-gated linear recurrent unit of Griffin (De et al., 2024, arXiv:2402.19427,
//! section 2.4), with its gate.

use super::Run;
use super::operations::{gelu_tanh, sigmoid};

impl Run<'_> {
    /// One token: input and gate, [2, width], to `[width]`.
    pub(super) fn gated_linear(
        &mut self,
        [width, blocks]: [usize; 2],
        is_first: bool,
        projected: &[f32],
        out: &mut [f32],
    ) {
        let (inputs, gate) = projected.split_at(width);
        self.convolve(inputs, false);
        let each = width / blocks;
        let [input_gate, decay_gate] = &self.numbers.gates;
        let [of_input, of_decay] = [input_gate, decay_gate]
            .map(|(matrices, bias)| by_blocks(matrices, bias, &self.convolved, each));
        for (channel, out) in out.iter_mut().enumerate() {
            let input = sigmoid(of_input[channel]) * self.convolved[channel];
            let exponent = sigmoid(of_decay[channel]) * self.numbers.decay[channel];
            // What is added has the variance of what is kept. The first token has nothing
            // before it.
            let factor = match is_first {
                true => 1.0,
                false => (1.0 - (2.0 * exponent).exp()).sqrt(),
            };
            let kept = &mut self.state[channel];
            *kept = exponent.exp() * *kept + input * factor;
            *out = *kept * gelu_tanh(gate[channel]);
        }
    }
}

/// x · W + b, where W has blocks along its diagonal, [blocks, in, out].
fn by_blocks(matrices: &[f32], bias: &[f32], x: &[f32], each: usize) -> Vec<f32> {
    let mut sums = bias.to_vec();
    let blocks = matrices.chunks_exact(each * each).zip(x.chunks_exact(each));
    for ((matrix, x), sums) in blocks.zip(sums.chunks_exact_mut(each)) {
        for (row, x) in matrix.chunks_exact(each).zip(x) {
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += x * weight);
        }
    }
    sums
}

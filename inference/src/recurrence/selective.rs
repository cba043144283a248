//! The selective state space of Mamba (Gu & Dao, 2023, arXiv:2312.00752, algorithm 2): each
//! channel has its own decays, and steps, inputs and outputs that depend on the token.

use super::Run;
use super::operations::{product, rms_norm, silu, softplus};

impl Run<'_> {
    /// One token: input and gate, [2, inner], to `[inner]`.
    pub(super) fn selective(
        &mut self,
        [inner, states, rank]: [usize; 3],
        normed: bool,
        projected: &[f32],
        out: &mut [f32],
    ) {
        let (inputs, gate) = projected.split_at(inner);
        self.convolve(inputs, true);

        // 1. Step, input and output of the state: Δ, B and C.
        let mut parameters = product(&self.numbers.parameters, &self.convolved);
        let (step, rest) = parameters.split_at_mut(rank);
        let (input, output) = rest.split_at_mut(states);
        if normed {
            let epsilon = self.recurrence.epsilon as f32;
            [&mut *step, &mut *input, &mut *output]
                .into_iter()
                .for_each(|part| rms_norm(part, epsilon));
        }
        let steps = product(&self.numbers.step, step);

        // 2. h ← exp(Δ A) h + Δ B x, y = C h + D x, for each channel.
        let decays = self.numbers.decay.chunks_exact(states);
        let channels = self.state.chunks_exact_mut(states).zip(decays).zip(out);
        for (channel, ((kept, decay), out)) in channels.enumerate() {
            let step = softplus(steps[channel] + self.numbers.step_bias[channel]);
            let x = self.convolved[channel];
            let mut sum = self.numbers.skip[channel] * x;
            let parts = kept.iter_mut().zip(decay).zip(&*input).zip(&*output);
            for (((kept, decay), input), output) in parts {
                *kept = (step * decay).exp() * *kept + step * input * x;
                sum += *kept * output;
            }
            *out = sum * silu(gate[channel]);
        }
    }
}

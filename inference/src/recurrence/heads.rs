//! The state space of Mamba 2 (Dao & Gu, 2024, arXiv:2405.21060): one decay for each head,
//! and a norm of the gated output.

use super::Run;
use super::operations::{dot, rms_norm, silu, softplus};

impl Run<'_> {
    /// One token: gate `[inner]`, input with input and output of the state `[convolved]`,
    /// and step sizes `[heads]`, to `[inner]`.
    pub(super) fn heads(
        &mut self,
        [heads, width, states, groups]: [usize; 4],
        projected: &[f32],
        out: &mut [f32],
    ) {
        let inner = heads * width;
        let (gate, rest) = projected.split_at(inner);
        let (inputs, steps) = rest.split_at(self.recurrence.convolved());
        self.convolve(inputs, true);
        let (x, rest) = self.convolved.split_at(inner);
        let (input, output) = rest.split_at(groups * states);

        // 1. h ← exp(Δ A) h + Δ B x, y = C h + D x, for each channel of each head.
        let head_states = self.state.chunks_exact_mut(width * states);
        let of_heads = head_states.zip(x.chunks_exact(width));
        let of_heads = of_heads.zip(out.chunks_exact_mut(width));
        for (head, ((kept, x), out)) in of_heads.enumerate() {
            let step = softplus(steps[head] + self.numbers.step_bias[head]);
            let decay = (step * self.numbers.decay[head]).exp();
            let skip = self.numbers.skip[head];
            let group = head / (heads / groups) * states;
            let group = group..group + states;
            let (input, output) = (&input[group.clone()], &output[group]);
            for ((kept, x), out) in kept.chunks_exact_mut(states).zip(x).zip(out) {
                let added = step * x;
                for (kept, input) in kept.iter_mut().zip(input) {
                    *kept = decay * *kept + added * input;
                }
                *out = dot(kept, output) + skip * x;
            }
        }

        // 2. Gate, then normalise each group.
        out.iter_mut().zip(gate).for_each(|(out, gate)| *out *= silu(*gate));
        for group in out.chunks_exact_mut(inner / groups) {
            rms_norm(group, self.recurrence.epsilon as f32);
        }
        out.iter_mut().zip(&self.numbers.norm).for_each(|(out, weight)| *out *= weight);
    }
}

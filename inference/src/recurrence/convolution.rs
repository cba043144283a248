//! The short convolution before a recurrence: each channel mixes its own last few inputs.

use super::Run;
use super::operations::silu;

impl Run<'_> {
    /// Convolves the inputs of one token, `[convolved]`, with those before it.
    pub(super) fn convolve(&mut self, inputs: &[f32], activate: bool) {
        let (channels, taps) = (inputs.len(), self.recurrence.taps);
        let numbers = self.numbers;
        self.convolved.clear();
        match &numbers.taps_bias {
            Some(bias) => self.convolved.extend_from_slice(bias),
            None => self.convolved.resize(channels, 0.0),
        }
        // The first tap belongs to the oldest input.
        let rows = self.past.chunks_exact(channels).chain([inputs]);
        for (tap, row) in rows.enumerate() {
            let factors = numbers.taps.iter().skip(tap).step_by(taps);
            for ((sum, x), factor) in self.convolved.iter_mut().zip(row).zip(factors) {
                *sum += x * factor;
            }
        }
        if let Some(kept) = self.past.len().checked_sub(channels) {
            self.past.copy_within(channels.., 0);
            self.past[kept..].copy_from_slice(inputs);
        }
        if activate {
            self.convolved.iter_mut().for_each(|x| *x = silu(*x));
        }
    }
}

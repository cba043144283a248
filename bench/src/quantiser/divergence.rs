//! The mean KL divergence between the distributions of two decoders.

use anyhow::{Result, bail};
use inference::candle_decoder::CandleDecoder;
use inference::{LanguageModel, Logits, Part};

/// The logits of all tokens, after each position of some texts.
pub(crate) struct AllLogits(Vec<Vec<f32>>);

impl AllLogits {
    /// What a decoder says of these texts, each by itself.
    ///
    /// # Errors
    /// If there is no memory for it.
    pub(crate) fn of(mut decoder: CandleDecoder, texts: &[Vec<u32>]) -> Result<Self> {
        let mut all = Vec::new();
        for ids in texts {
            decoder.truncate(0, 0);
            let states = decoder.read(&[Part { slot: 0, ids }])?;
            let Logits::Host { values, vocab_size } = decoder.logits(&states)? else {
                bail!("the logits are not in memory");
            };
            all.extend(values.chunks(vocab_size).map(<[f32]>::to_vec));
        }
        Ok(AllLogits(all))
    }

    /// Positions.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The mean over all positions of KL(these ‖ others), in nats.
    pub(crate) fn mean_divergence(&self, others: &AllLogits) -> f64 {
        let pairs = self.0.iter().zip(&others.0);
        let sum: f64 = pairs.map(|(p, q)| ::accuracy::divergence(p, q)).sum();
        sum / self.len().max(1) as f64
    }
}

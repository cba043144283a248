//! The mean KL divergence between the distributions of two decoders.

use anyhow::{Result, bail};
use inference::candle_decoder::CandleDecoder;
use inference::{LanguageModel, Logits, Part};

/// The logarithms of the probabilities of all tokens, after each position of some texts.
pub(crate) struct LogProbabilities(Vec<Vec<f32>>);

impl LogProbabilities {
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
            all.extend(values.chunks(vocab_size).map(log_softmax));
        }
        Ok(LogProbabilities(all))
    }

    /// Positions.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

fn log_softmax(logits: &[f32]) -> Vec<f32> {
    let largest = logits.iter().fold(f32::NEG_INFINITY, |largest, x| largest.max(*x));
    let sum: f64 = logits.iter().map(|x| f64::from(x - largest).exp()).sum();
    let log_sum = sum.ln() + f64::from(largest);
    logits.iter().map(|x| (f64::from(*x) - log_sum) as f32).collect()
}

/// The mean over all positions of Σ p · ln(p / q), in nats.
pub(crate) fn mean_divergence(p: &LogProbabilities, q: &LogProbabilities) -> f64 {
    let of_position = |(p, q): (&Vec<f32>, &Vec<f32>)| -> f64 {
        let pairs = p.iter().zip(q).map(|(p, q)| (f64::from(*p), f64::from(*q)));
        pairs.map(|(p, q)| p.exp() * (p - q)).sum()
    };
    p.0.iter().zip(&q.0).map(of_position).sum::<f64>() / p.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divergence_is_that_of_the_distributions() {
        let of = |logits: &[f32]| LogProbabilities(vec![log_softmax(logits)]);
        // (3/4, 1/4) from (1/2, 1/2).
        let (p, q) = (of(&[3f32.ln(), 0.0]), of(&[7.0, 7.0]));
        let expected = 0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln();
        assert!((mean_divergence(&p, &q) - expected).abs() < 1e-6);
        assert!(mean_divergence(&p, &p).abs() < 1e-9);
    }
}

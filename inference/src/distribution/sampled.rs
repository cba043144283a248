//! The whole distribution that is drawn from.

use protocol::{SamplerKind, SamplerSettings};

use super::listed::{Listed, ListedLogits};
use super::ranking::Ranking;
use super::sampler::{Sampler, SamplerContext};
use crate::error::Result;

/// ln q of all V logits, in f64; −∞ for tokens that the sampler cuts.
///
/// ```
/// use inference::distribution::{SamplerContext, sampled_log_probabilities};
/// use protocol::SamplerSettings;
///
/// let greedy = SamplerSettings { temperature: 0.0, ..Default::default() };
/// let all = sampled_log_probabilities(&[0.0, 2.0], &greedy, SamplerContext::default())?;
/// assert_eq!(all, [f64::NEG_INFINITY, 0.0]);
/// # Ok::<(), inference::InferenceError>(())
/// ```
///
/// # Errors
/// If there are no logits, or one is NaN or infinite.
pub fn sampled_log_probabilities(
    logits: &[f32],
    settings: &SamplerSettings,
    context: SamplerContext,
) -> Result<Vec<f64>> {
    let mut ranking = Ranking::new(logits)?;
    let sampler = Sampler::new(&mut ranking, settings, context)?;
    sampler.log_probabilities(&mut ranking)
}

/// Whether a sampler would draw, or weigh, tokens that an engine elsewhere has not listed.
///
/// # Errors
/// If the sampler cannot be applied.
pub fn reaches_beyond(
    listed: &Listed,
    settings: &SamplerSettings,
    context: SamplerContext,
) -> Result<bool> {
    let sampler = Sampler::new(&mut ListedLogits(listed), settings, context)?;
    Ok(sampler.stages.iter().any(|stage| stage.kind == SamplerKind::Listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_distribution_is_the_softmax_of_what_is_kept() {
        let logits = [1.0f32, 3.0, 2.0, -4.0];
        let settings =
            SamplerSettings { temperature: 0.5, top_k: 3, ..Default::default() };
        let all =
            sampled_log_probabilities(&logits, &settings, SamplerContext::default())
                .unwrap();
        // By hand: e^(x / 0.5) of the first three.
        let weights = [1.0f64, 3.0, 2.0].map(|x| (x / 0.5).exp());
        let mass: f64 = weights.iter().sum();
        for (log_q, weight) in all.iter().zip(weights) {
            assert!((log_q.exp() - weight / mass).abs() < 1e-12);
        }
        assert_eq!(all[3], f64::NEG_INFINITY);
        let open = SamplerSettings { top_k: 0, ..settings };
        let all =
            sampled_log_probabilities(&logits, &open, SamplerContext::default()).unwrap();
        // The sum over the whole vocabulary is of exponential functions in f32.
        assert!((all.iter().map(|log_q| log_q.exp()).sum::<f64>() - 1.0).abs() < 1e-6);
    }
}

//! The last norm, in f64, applied to residual streams within the model.
//!
//! H hidden width.

use model_files::config::{Config, NormKind};
use model_files::weights::NormWeights;

use crate::error::Result;
use crate::model_weights::ModelWeights;

/// The mean that the norm subtracts from a stream, `[H]`, and the scale that it divides it
/// by.
pub(super) fn mean_and_scale(config: &Config, stream: &[f32]) -> (f64, f64) {
    let count = stream.len().max(1) as f64;
    let mean = match config.norm.kind {
        NormKind::Rms => 0.0,
        NormKind::Layer => stream.iter().map(|x| f64::from(*x)).sum::<f64>() / count,
    };
    let squares = stream.iter().map(|x| (f64::from(*x) - mean).powi(2)).sum::<f64>();
    (mean, (squares / count + config.norm.epsilon).sqrt())
}

/// The bias of a norm: only layer norms have one.
pub(super) fn bias<'a>(config: &Config, norm: &'a NormWeights) -> Option<&'a [f32]> {
    match config.norm.kind {
        NormKind::Rms => None,
        NormKind::Layer => norm.bias.as_deref(),
    }
}

/// What the last norm makes of residual streams, row by row, [rows, H]: hidden states that
/// the output head takes.
///
/// # Errors
/// If the norm's weights cannot be brought from their device.
pub fn final_states(weights: &dyn ModelWeights, streams: &[f32]) -> Result<Vec<f32>> {
    let (config, norm) = (weights.config(), weights.norm()?);
    let mut states = Vec::with_capacity(streams.len());
    for stream in streams.chunks_exact(config.hidden_size) {
        let (mean, scale) = mean_and_scale(config, stream);
        let normed = stream.iter().zip(&norm.weight);
        let normed = normed.map(|(x, w)| (f64::from(*x) - mean) / scale * f64::from(*w));
        match bias(config, &norm) {
            None => states.extend(normed.map(|x| x as f32)),
            Some(bias) => {
                let biased = normed.zip(bias).map(|(x, b)| (x + f64::from(*b)) as f32);
                states.extend(biased);
            }
        }
    }
    Ok(states)
}

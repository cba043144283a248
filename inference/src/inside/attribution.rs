//! Direct logit attribution: a logit as the sum of what each part of the model adds to the
//! last residual stream, given the scale of the last norm at that position (Elhage et al.,
//! 2021, "A Mathematical Framework for Transformer Circuits").
//!
//! The stream x is the sum of the embedding and of what each mixer and each MLP adds. With
//! the norm's scale σ held as it is, the norm is linear, and so is the head:
//!
//! logit = s · Σ over parts of w_head · (w_norm ⊙ (part − mean(part)) / σ) + constant
//!
//! Root mean square norms subtract no mean. The constant is made of biases; s is the
//! model's factor of logits. A soft cap comes after the sum.

use model_files::config::{Block, MixerKind};
use protocol::{AttributionPart, TokenId};

use super::final_norm::{bias, mean_and_scale};
use crate::error::Result;
use crate::model_weights::ModelWeights;
use crate::taps::Taps;

/// The parts of a model, in the order of computation: the embedding, each layer's mixer
/// and MLP, and the constant.
pub fn attribution_parts(weights: &dyn ModelWeights) -> Vec<AttributionPart> {
    let mut parts = vec![AttributionPart::Embedding];
    for (layer, kind) in (0..).zip(&weights.config().layers) {
        parts.push(match kind.mixer {
            MixerKind::Attention => AttributionPart::Attention { layer },
            MixerKind::Convolution => AttributionPart::Convolution { layer },
            MixerKind::Recurrence => AttributionPart::Recurrence { layer },
        });
        if weights.config().block != Block::MixerOnly {
            parts.push(AttributionPart::Mlp { layer });
        }
    }
    parts.push(AttributionPart::Constant);
    parts
}

/// What each of the [`attribution_parts`] adds to the logit of a token, before a soft cap.
/// `stream` is the residual stream of one position as [`Taps`] keep it, [2 L + 1, H]; the
/// id is below V. Sums are in f64, and neighbours cancel: the whole is the logit of the
/// last stream.
///
/// # Errors
/// If weights cannot be brought from their device.
pub fn contributions(
    weights: &dyn ModelWeights,
    stream: &[f32],
    id: TokenId,
) -> Result<Vec<f64>> {
    let (config, norm) = (weights.config(), weights.norm()?);
    let hidden = config.hidden_size;
    let mut head = vec![0.0; weights.head().shape().1];
    weights.head().read(id as usize, &mut head)?;
    if let Some(projections) = weights.projections() {
        let mut wide = vec![0.0; hidden];
        for (row, weight) in projections.output.chunks_exact(hidden).zip(&head) {
            wide.iter_mut().zip(row).for_each(|(wide, x)| *wide += weight * x);
        }
        head = wide;
    }
    let points: Vec<&[f32]> = stream.chunks_exact(hidden).collect();
    debug_assert_eq!(points.len(), Taps::points(config.num_hidden_layers));
    let last = points.last().copied().unwrap_or_default();
    let (_, scale) = mean_and_scale(config, last);
    // The part of a logit that a stream alone would give: its own mean is subtracted.
    let share = |point: &[f32]| {
        let (mean, _) = mean_and_scale(config, point);
        let channels = point.iter().zip(&norm.weight).zip(&head);
        let products = channels
            .map(|((x, w), h)| (f64::from(*x) - mean) * f64::from(*w) * f64::from(*h));
        products.sum::<f64>() / scale * config.scales.logits
    };
    // Without an MLP, nothing is added between a mixer and the next.
    let step = if config.block == Block::MixerOnly { 2 } else { 1 };
    let shares: Vec<f64> = points.into_iter().step_by(step).map(share).collect();
    let mut contributions: Vec<f64> = shares.first().copied().into_iter().collect();
    contributions.extend(shares.windows(2).map(|pair| pair[1] - pair[0]));

    let of_norm = bias(config, &norm).map_or(0.0, |bias| {
        let products = bias.iter().zip(&head).map(|(b, h)| f64::from(*b) * f64::from(*h));
        products.sum()
    });
    let of_head = weights.head_bias()?;
    let of_head = of_head.and_then(|bias| bias.get(id as usize).copied());
    let constant = of_norm + f64::from(of_head.unwrap_or(0.0));
    contributions.push(constant * config.scales.logits);
    Ok(contributions)
}

//! What follows the product of the output head.

use candle_core::{Result, Tensor};

use super::scores::capped;
use model_files::config::Config;

/// x · Wᵀ, where W is row by row.
pub(crate) fn projected(x: &Tensor, matrix: &[f32]) -> Result<Tensor> {
    let width = x.dim(1)?;
    let shape = (matrix.len() / width, width);
    x.matmul(&Tensor::from_slice(matrix, shape, x.device())?.t()?)
}

/// Adds the bias, if there is one, to products with the output head, [T, rows], and
/// scales and caps them as the model does.
pub(crate) fn finish_logits(
    mut logits: Tensor,
    bias: Option<&Tensor>,
    config: &Config,
) -> Result<Tensor> {
    if let Some(bias) = bias {
        logits = logits.broadcast_add(bias)?;
    }
    if config.scales.logits != 1.0 {
        logits = (logits * config.scales.logits)?;
    }
    match config.logit_cap {
        Some(cap) => capped(&logits, cap),
        None => Ok(logits),
    }
}

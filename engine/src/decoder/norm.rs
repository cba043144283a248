//! Root-mean-square layer normalisation (Zhang & Sennrich, 2019, arXiv:1910.07467).

use candle_core::{Result, Tensor};

/// x / √(mean(x²) + ε) · weight, over the last dimension.
#[derive(Clone, Debug)]
pub struct RmsNorm {
    /// The scale of each channel, `[H]`.
    pub weight: Tensor,
    /// ε.
    pub eps: f32,
}

impl RmsNorm {
    /// Any shape that ends in H; contiguous.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        candle_nn::ops::rms_norm(x, &self.weight, self.eps)
    }
}

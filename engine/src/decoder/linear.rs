//! A matrix with an optional bias.

use candle_core::{Result, Tensor};

use super::Matrix;

/// x · Wᵀ + b.
#[derive(Clone, Debug)]
pub struct Linear {
    /// W, [out, in].
    pub weight: Matrix,
    /// b, `[out]`.
    pub bias: Option<Tensor>,
}

impl Linear {
    /// [T, in] to [T, out] in f32.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.product(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

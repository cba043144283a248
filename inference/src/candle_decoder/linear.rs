//! A matrix with an optional bias.

use candle_core::{Device, Result, Tensor};

use model_files::weights::{Matrix, Projection};

/// x · Wᵀ + b.
#[derive(Clone, Debug)]
pub(super) struct Linear {
    /// W, [out, in].
    pub(super) weight: Matrix,
    /// b, `[out]`.
    pub(super) bias: Option<Tensor>,
}

impl Linear {
    /// Builds the operation from a projection's weights.
    #[inline(never)]
    pub(super) fn new(projection: Projection<Matrix>, device: &Device) -> Result<Linear> {
        let bias = projection.bias.map(|bias| Tensor::new(bias, device)).transpose()?;
        Ok(Linear { weight: projection.weight, bias })
    }

    /// Its weights. The bias is copied from its device.
    #[inline(never)]
    pub(super) fn weights(&self) -> Result<Projection<&Matrix>> {
        let bias = self.bias.as_ref().map(Tensor::to_vec1).transpose()?;
        Ok(Projection { weight: &self.weight, bias })
    }

    /// [T, in] to [T, out] in f32.
    #[inline(never)]
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = self.weight.product(x)?;
        match &self.bias {
            Some(bias) => y.broadcast_add(bias),
            None => Ok(y),
        }
    }
}

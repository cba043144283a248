//! Normalisation over the channels: root mean square (Zhang & Sennrich, 2019,
//! arXiv:1910.07467), and the older layer norm (Ba et al., 2016, arXiv:1607.06450).

use candle_core::{Device, Result, Tensor};

use model_files::config::{NormConfig, NormKind};
use model_files::weights::NormWeights;

/// A norm over the last dimension.
#[derive(Clone, Debug)]
pub(crate) struct Norm {
    weight: Tensor,
    /// `None` for root mean square.
    bias: Option<Tensor>,
    epsilon: f32,
}

impl Norm {
    /// Builds a norm of the configured kind.
    pub(crate) fn new(
        weights: &NormWeights,
        config: &NormConfig,
        device: &Device,
    ) -> Result<Norm> {
        let width = weights.weight.len();
        let bias = match (config.kind, &weights.bias) {
            (NormKind::Rms, _) => None,
            (NormKind::Layer, Some(bias)) => Some(Tensor::new(&bias[..], device)?),
            (NormKind::Layer, None) => Some(Tensor::new(vec![0f32; width], device)?),
        };
        let weight = Tensor::new(&weights.weight[..], device)?;
        Ok(Norm { weight, bias, epsilon: config.epsilon as f32 })
    }

    /// Its weights, copied from their device.
    pub(super) fn weights(&self) -> Result<NormWeights> {
        let bias = self.bias.as_ref().map(Tensor::to_vec1).transpose()?;
        Ok(NormWeights { weight: self.weight.to_vec1()?, bias })
    }

    /// Normalises a contiguous tensor of any shape that ends in the channels.
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.bias {
            None => candle_nn::ops::rms_norm(x, &self.weight, self.epsilon),
            Some(bias) => candle_nn::ops::layer_norm(x, &self.weight, bias, self.epsilon),
        }
    }
}

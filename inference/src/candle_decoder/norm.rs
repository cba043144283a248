//! Normalisation over the channels: root mean square (Zhang & Sennrich, 2019,
//! arXiv:1910.07467), and the older layer norm (Ba et al., 2016, arXiv:1607.06450).

use candle_core::{Device, Result, Tensor};

use model_files::config::{NormConfig, NormKind};
use model_files::weights::NormWeights;

/// A norm of heads, [heads, T, D].
#[derive(Clone, Debug)]
pub(super) struct HeadNorm {
    norm: Norm,
    /// The weights of each head if they differ, [heads, 1, D]; the norm has none then.
    of_heads: Option<Tensor>,
}

impl HeadNorm {
    /// Builds the norm of `heads` heads, which have weights of their own if there are as
    /// many for each.
    pub(super) fn new(
        weights: &NormWeights,
        config: &NormConfig,
        (heads, head_dim): (usize, usize),
        device: &Device,
    ) -> Result<HeadNorm> {
        if weights.weight.len() == head_dim {
            return Ok(HeadNorm {
                norm: Norm::new(weights, config, device)?,
                of_heads: None,
            });
        }
        let plain = NormWeights { weight: vec![1.0; head_dim], bias: None };
        let of_heads = Tensor::new(&weights.weight[..], device)?;
        Ok(HeadNorm {
            norm: Norm::new(&plain, config, device)?,
            of_heads: Some(of_heads.reshape((heads, 1, head_dim))?),
        })
    }

    /// Its weights, copied from their device.
    pub(super) fn weights(&self) -> Result<NormWeights> {
        match &self.of_heads {
            None => self.norm.weights(),
            Some(weights) => {
                let weight = weights.flatten_all()?.to_vec1()?;
                Ok(NormWeights { weight, bias: None })
            }
        }
    }

    /// [heads, T, D] to the same.
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let normed = self.norm.forward(x)?;
        match &self.of_heads {
            None => Ok(normed),
            Some(weights) => normed.broadcast_mul(weights),
        }
    }
}

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
    #[inline(never)]
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
    #[inline(never)]
    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match &self.bias {
            None => candle_nn::ops::rms_norm(x, &self.weight, self.epsilon),
            Some(bias) => candle_nn::ops::layer_norm(x, &self.weight, bias, self.epsilon),
        }
    }
}

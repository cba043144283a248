//! One block: a mixer and an MLP, with norms before, after or around them. Both are added
//! to the residual stream, one after the other or in parallel.

use candle_core::{Device, Result, Tensor};

use super::attention::{Attention, Span};
use super::convolution::Convolution;
use super::feed_forward::Network;
use super::norm::Norm;
use super::tap::PassTap;
use crate::rope::Rotation;
use model_files::config::{Block, Config, LayerKind};
use model_files::weights::{LayerWeights, Matrix, MixerWeights, NormWeights};

/// A block.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) kind: LayerKind,
    block: Block,
    /// The factor of what is added to the residual stream.
    residual_scale: f64,
    input_norm: Option<Norm>,
    mixer: Mixer,
    mixed_norm: Option<Norm>,
    mlp_norm: Option<Norm>,
    mlp: Network,
    mlp_output_norm: Option<Norm>,
}

/// The part of a block that moves information between positions.
#[derive(Debug)]
enum Mixer {
    Attention(Attention),
    Convolution(Convolution),
}

impl Layer {
    pub(crate) fn new(
        weights: LayerWeights<Matrix>,
        config: &Config,
        device: &Device,
    ) -> Result<Layer> {
        let norm = |weights: Option<NormWeights>| match weights {
            Some(weights) => Norm::new(&weights, &config.norm, device).map(Some),
            None => Ok(None),
        };
        let mixer = match weights.mixer {
            MixerWeights::Attention(weights) => {
                Mixer::Attention(Attention::new(weights, config, device)?)
            }
            MixerWeights::Convolution(weights) => {
                let taps = config.convolution_taps;
                Mixer::Convolution(Convolution::new(weights, taps, device)?)
            }
        };
        Ok(Layer {
            kind: weights.kind,
            block: config.block,
            residual_scale: config.scales.residual,
            input_norm: norm(weights.input_norm)?,
            mixer,
            mixed_norm: norm(weights.mixed_norm)?,
            mlp_norm: norm(weights.mlp_norm)?,
            mlp: Network::new(weights.mlp, config, device)?,
            mlp_output_norm: norm(weights.mlp_output_norm)?,
        })
    }

    /// [T, H] to [T, H]. The spans cover the T rows in order; with a tap, there is one.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
        mut tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        let inputs = normed(&self.input_norm, x)?;
        let mixed = match &self.mixer {
            Mixer::Attention(attention) => {
                attention.forward(&inputs, rotation, spans, tap.as_deref_mut())?
            }
            Mixer::Convolution(convolution) => {
                if let Some(tap) = tap.as_deref_mut() {
                    tap.skip_attention();
                }
                convolution.forward(&inputs, spans)?
            }
        };
        let mixed = self.scaled(normed(&self.mixed_norm, &mixed)?)?;
        let after_mixer = (x + mixed)?;
        if let Some(tap) = tap.as_deref_mut() {
            tap.keep_stream(&after_mixer);
        }
        let mlp_output = match self.block {
            Block::Parallel => self.mlp.forward(&inputs)?,
            Block::ParallelTwoNorms => self.mlp.forward(&normed(&self.mlp_norm, x)?)?,
            Block::PreNorm | Block::PostNorm | Block::Sandwich => {
                let inputs = normed(&self.mlp_norm, &after_mixer)?;
                normed(&self.mlp_output_norm, &self.mlp.forward(&inputs)?)?
            }
        };
        let x = (after_mixer + self.scaled(mlp_output)?)?;
        if let Some(tap) = tap {
            tap.keep_stream(&x);
        }
        Ok(x)
    }

    /// Cache size of one token, in bytes: keys and values of `kv_size` channels each, or
    /// the H inputs of a convolution.
    pub(super) fn bytes_per_token(&self, kv_size: usize, hidden: usize) -> usize {
        match &self.mixer {
            Mixer::Attention(attention) => {
                2 * kv_size * attention.cache_dtype().size_in_bytes()
            }
            Mixer::Convolution(convolution) => {
                hidden * convolution.cache_dtype().size_in_bytes()
            }
        }
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<LayerWeights<&Matrix>> {
        let norm = |norm: &Option<Norm>| norm.as_ref().map(Norm::weights).transpose();
        Ok(LayerWeights {
            kind: self.kind,
            input_norm: norm(&self.input_norm)?,
            mixer: match &self.mixer {
                Mixer::Attention(attention) => {
                    MixerWeights::Attention(attention.weights()?)
                }
                Mixer::Convolution(convolution) => {
                    MixerWeights::Convolution(convolution.weights()?)
                }
            },
            mixed_norm: norm(&self.mixed_norm)?,
            mlp_norm: norm(&self.mlp_norm)?,
            mlp: self.mlp.weights()?,
            mlp_output_norm: norm(&self.mlp_output_norm)?,
        })
    }

    fn scaled(&self, x: Tensor) -> Result<Tensor> {
        if self.residual_scale == 1.0 { Ok(x) } else { x * self.residual_scale }
    }
}

fn normed(norm: &Option<Norm>, x: &Tensor) -> Result<Tensor> {
    match norm {
        Some(norm) => norm.forward(x),
        None => Ok(x.clone()),
    }
}

//! One block: a mixer and an MLP, with norms before, after or around them. Both are added
//! to the residual stream, one after the other or in parallel.

use candle_core::{Device, Result, Tensor};

use super::attention::Attention;
use super::convolution::Convolution;
use super::feed_forward::{Mixture, Network};
use super::latent::LatentAttention;
use super::norm::Norm;
use super::recurrence::Recurring;
use super::scores::Span;
use super::streams::Streams;
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
    /// What it has beside that if there are several residual streams.
    streams: Option<Streams>,
}

/// The part of a block that moves information between positions.
#[derive(Debug)]
enum Mixer {
    Attention(Attention),
    Convolution(Convolution),
    Recurrence(Recurring),
    Latent(LatentAttention),
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
            MixerWeights::Latent(weights) => {
                Mixer::Latent(LatentAttention::new(weights, config, device)?)
            }
            MixerWeights::Recurrence(weights) => {
                Mixer::Recurrence(Recurring::new(weights, config, device)?)
            }
        };
        let cutoffs = config.altup.as_ref().map(|altup| &altup.cutoffs);
        let layer = weights.streams.as_ref().map(|streams| streams.layer);
        let cutoff =
            cutoffs.zip(layer).and_then(|(cutoffs, layer)| *cutoffs.get(layer)?);
        Ok(Layer {
            kind: weights.kind,
            block: config.block,
            residual_scale: config.scales.residual,
            input_norm: norm(weights.input_norm)?,
            mixer,
            mixed_norm: norm(weights.mixed_norm)?,
            mlp_norm: norm(weights.mlp_norm)?,
            mlp: Network::new(weights.mlp, config, cutoff, device)?,
            mlp_output_norm: norm(weights.mlp_output_norm)?,
            streams: match weights.streams {
                Some(streams) => Some(Streams::new(*streams, config, device)?),
                None => None,
            },
        })
    }

    /// [T, H] to [T, H]; of all residual streams, if there are several. The spans cover the T
    /// rows in order; with a tap, there is one.
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
        mut tap: Option<&mut PassTap>,
    ) -> Result<Tensor> {
        if let Some(streams) = &self.streams {
            let predictions = streams.predict(x)?;
            let active = predictions.narrow(1, 0, 1)?.squeeze(1)?.contiguous()?;
            let (inputs, mixed) = self.mix(&active, rotation, spans, tap)?;
            let mixed = streams.with_laurel(&mixed, &inputs)?;
            let output = self.mlp.forward(&self.mlp_inputs(&mixed)?)?;
            return streams.correct(&predictions, &self.add_mlp(&mixed, output)?, spans);
        }
        let (inputs, after_mixer) = self.mix(x, rotation, spans, tap.as_deref_mut())?;
        let x = match self.block {
            Block::MixerOnly => after_mixer,
            Block::Parallel => self.add_mlp(&after_mixer, self.mlp.forward(&inputs)?)?,
            Block::ParallelTwoNorms => {
                let output = self.mlp.forward(&normed(&self.mlp_norm, x)?)?;
                self.add_mlp(&after_mixer, output)?
            }
            Block::PreNorm | Block::PostNorm | Block::Sandwich => {
                let mut inputs = vec![self.mlp_inputs(&after_mixer)?];
                if let Mixer::Recurrence(recurring) = &self.mixer {
                    inputs = recurring.before_mlp(inputs, spans)?;
                }
                self.add_mlp(&after_mixer, self.mlp.forward_gated(&inputs)?)?
            }
            Block::NormAfterSum => {
                let inputs = self.mlp_inputs(&after_mixer)?;
                self.add_mlp(&inputs, self.mlp.forward(&inputs)?)?
            }
        };
        if let Some(tap) = tap {
            tap.keep_stream(&x);
        }
        Ok(x)
    }

    /// Runs the mixer: its inputs, and the stream with its output, [T, H] each.
    pub(crate) fn mix(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        spans: &mut [Span<'_>],
        mut tap: Option<&mut PassTap>,
    ) -> Result<(Tensor, Tensor)> {
        let inputs = normed(&self.input_norm, x)?;
        let attends = matches!(self.mixer, Mixer::Attention(_) | Mixer::Latent(_));
        if let Some(tap) = tap.as_deref_mut().filter(|_| !attends) {
            tap.skip_attention();
        }
        let of_attention = tap.as_deref_mut();
        let mixed = match &self.mixer {
            Mixer::Attention(attention) => {
                attention.forward(&inputs, rotation, spans, of_attention)?
            }
            Mixer::Latent(attention) => {
                attention.forward(&inputs, rotation, spans, of_attention)?
            }
            Mixer::Convolution(convolution) => convolution.forward(&inputs, spans)?,
            Mixer::Recurrence(recurring) => recurring.forward(&inputs, spans)?,
        };
        let mixed = self.scaled(normed(&self.mixed_norm, &mixed)?)?;
        let stream = if self.block == Block::NormAfterSum { &inputs } else { x };
        let after_mixer = (stream + mixed)?;
        if let Some(tap) = tap.filter(|_| self.streams.is_none()) {
            tap.keep_stream(&after_mixer);
        }
        Ok((inputs, after_mixer))
    }

    /// The inputs of an MLP that follows the mixer, [T, H].
    pub(crate) fn mlp_inputs(&self, after_mixer: &Tensor) -> Result<Tensor> {
        normed(&self.mlp_norm, after_mixer)
    }

    /// The stream with the output of an MLP, [T, H].
    pub(crate) fn add_mlp(&self, after_mixer: &Tensor, output: Tensor) -> Result<Tensor> {
        after_mixer + self.scaled(normed(&self.mlp_output_norm, &output)?)?
    }

    /// The experts of the block, if it has some.
    pub(crate) fn mixture(&self) -> Option<&Mixture> {
        match &self.mlp {
            Network::Experts(mixture) => Some(mixture),
            Network::Dense(_) | Network::None => None,
        }
    }

    /// Cache size of one token, in bytes: keys and values of `kv_size` channels each, or
    /// the H inputs of a convolution.
    pub(super) fn bytes_per_token(&self, kv_size: usize, hidden: usize) -> usize {
        match &self.mixer {
            Mixer::Attention(_) if self.kind.shares.is_some() => 0,
            Mixer::Attention(attention) => {
                2 * kv_size * attention.cache_dtype().size_in_bytes()
            }
            Mixer::Convolution(convolution) => {
                hidden * convolution.cache_dtype().size_in_bytes()
            }
            Mixer::Recurrence(_) => 0,
            Mixer::Latent(attention) => {
                attention.cached_width() * attention.cache_dtype().size_in_bytes()
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
                Mixer::Latent(attention) => MixerWeights::Latent(attention.weights()?),
                Mixer::Recurrence(recurring) => {
                    MixerWeights::Recurrence(recurring.weights()?)
                }
            },
            mixed_norm: norm(&self.mixed_norm)?,
            mlp_norm: norm(&self.mlp_norm)?,
            mlp: self.mlp.weights()?,
            mlp_output_norm: norm(&self.mlp_output_norm)?,
            streams: match &self.streams {
                Some(streams) => Some(Box::new(streams.weights()?)),
                None => None,
            },
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

//! The weights of a block with another type of matrix: the structure stays, each matrix
//! is converted.

use std::sync::Arc;

use super::decoder_weights::{
    AttentionWeights, ConvolutionWeights, ExpertsWeights, FeedForward, LatentWeights,
    LayerWeights, MixerWeights, MlpWeights, RecurrenceWeights, SharedExpert, WkvNumbers,
};
use super::parts::Projection;

impl<M> LayerWeights<M> {
    /// The numbers of RWKV's recurrence, if the block has one.
    pub fn wkv(&self) -> Option<&WkvNumbers> {
        match &self.mixer {
            MixerWeights::Recurrence(weights) => weights.numbers.wkv.as_deref(),
            _ => None,
        }
    }

    /// Converts every matrix of the block, always in the same order, and copies the rest.
    ///
    /// # Errors
    /// The first error of `convert`.
    pub fn convert<'a, N, E>(
        &'a self,
        convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
    ) -> Result<LayerWeights<N>, E> {
        let mixer = match &self.mixer {
            MixerWeights::Attention(weights) => {
                MixerWeights::Attention(AttentionWeights {
                    q_proj: weights.q_proj.convert(convert)?,
                    k_proj: converted(&weights.k_proj, convert)?,
                    v_proj: converted(&weights.v_proj, convert)?,
                    o_proj: weights.o_proj.convert(convert)?,
                    qk_norm: weights.qk_norm.clone(),
                    sinks: weights.sinks.clone(),
                    gate: converted(&weights.gate, convert)?,
                })
            }
            MixerWeights::Convolution(weights) => {
                MixerWeights::Convolution(ConvolutionWeights {
                    in_proj: weights.in_proj.convert(convert)?,
                    taps: weights.taps.clone(),
                    bias: weights.bias.clone(),
                    out_proj: weights.out_proj.convert(convert)?,
                })
            }
            MixerWeights::Latent(weights) => MixerWeights::Latent(LatentWeights {
                query_down: match &weights.query_down {
                    Some((down, norm)) => Some((down.convert(convert)?, norm.clone())),
                    None => None,
                },
                query: weights.query.convert(convert)?,
                down: weights.down.convert(convert)?,
                norm: weights.norm.clone(),
                up: weights.up.convert(convert)?,
                output: weights.output.convert(convert)?,
            }),
            MixerWeights::Recurrence(weights) => {
                let inputs = weights.inputs.iter();
                MixerWeights::Recurrence(RecurrenceWeights {
                    inputs: inputs
                        .map(|projection| projection.convert(convert))
                        .collect::<Result<_, E>>()?,
                    numbers: Arc::clone(&weights.numbers),
                    output: weights.output.convert(convert)?,
                })
            }
        };
        let mlp = match &self.mlp {
            FeedForward::None => FeedForward::None,
            FeedForward::Dense(mlp) => FeedForward::Dense(mlp.convert(convert)?),
            FeedForward::Experts(weights) => {
                let experts = weights.experts.iter();
                FeedForward::Experts(ExpertsWeights {
                    router: weights.router.clone(),
                    router_bias: weights.router_bias.clone(),
                    choice_bias: weights.choice_bias.clone(),
                    experts: experts
                        .map(|expert| expert.convert(convert))
                        .collect::<Result<_, E>>()?,
                    shared: match &weights.shared {
                        Some(shared) => Some(SharedExpert {
                            mlp: shared.mlp.convert(convert)?,
                            weight: shared.weight.clone(),
                        }),
                        None => None,
                    },
                })
            }
        };
        Ok(LayerWeights {
            kind: self.kind,
            input_norm: self.input_norm.clone(),
            mixer,
            mixed_norm: self.mixed_norm.clone(),
            mlp_norm: self.mlp_norm.clone(),
            mlp,
            mlp_output_norm: self.mlp_output_norm.clone(),
            streams: match &self.streams {
                Some(streams) => Some(Box::new(streams.convert(convert)?)),
                None => None,
            },
        })
    }
}

impl<M> MlpWeights<M> {
    /// Converts every matrix of the network, always in the same order, and copies the rest.
    ///
    /// # Errors
    /// The first error of `convert`.
    pub fn convert<'a, N, E>(
        &'a self,
        convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
    ) -> Result<MlpWeights<N>, E> {
        Ok(MlpWeights {
            gate_proj: converted(&self.gate_proj, convert)?,
            up_proj: self.up_proj.convert(convert)?,
            down_proj: self.down_proj.convert(convert)?,
            output_gate: converted(&self.output_gate, convert)?,
        })
    }
}

/// Converts a projection that need not be there.
#[inline(never)]
fn converted<'a, M, N, E>(
    projection: &'a Option<Projection<M>>,
    convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
) -> Result<Option<Projection<N>>, E> {
    projection.as_ref().map(|projection| projection.convert(convert)).transpose()
}

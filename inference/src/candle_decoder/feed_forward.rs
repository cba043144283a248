//! What follows the mixer: one network, or a mixture of experts (Shazeer et al., 2017,
//! arXiv:1701.06538), of which each token goes through a few.
//!
//! T tokens, H hidden width, E experts.

use candle_core::{Device, Result, Tensor};

use super::mlp::Mlp;
use crate::routing::{Routes, routes};
use model_files::config::{Config, Experts};
use model_files::weights::{ExpertsWeights, FeedForward, Matrix, SharedExpert};

/// A network, or several with what chooses among them.
#[derive(Debug)]
pub(super) enum Network {
    Dense(Mlp),
    Experts(Mixture),
    None,
}

/// A mixture of experts.
#[derive(Debug)]
pub(crate) struct Mixture {
    config: Experts,
    /// [E, H].
    router: Tensor,
    /// `[E]`.
    router_bias: Option<Tensor>,
    /// `[E]`.
    choice_bias: Option<Vec<f32>>,
    experts: Vec<Mlp>,
    /// The expert that all tokens go through, and what weighs it, [H, 1].
    shared: Option<(Mlp, Option<Tensor>)>,
}

impl Network {
    /// Builds it from its weights. Channels of a dense network's gate count above the cutoff
    /// alone, if there is one.
    pub(super) fn new(
        weights: FeedForward<Matrix>,
        config: &Config,
        cutoff: Option<f32>,
        device: &Device,
    ) -> Result<Network> {
        let mlp = |weights| Mlp::new(weights, config.mlp.activation, device);
        let weights = match (weights, config.experts) {
            (FeedForward::None, _) => return Ok(Network::None),
            (FeedForward::Dense(weights), _) => {
                return Ok(Network::Dense(mlp(weights)?.sparse(cutoff)));
            }
            (FeedForward::Experts(weights), Some(config)) => (weights, config),
            (FeedForward::Experts(_), None) => {
                candle_core::bail!("the configuration has no experts")
            }
        };
        let (
            ExpertsWeights { router, router_bias, choice_bias, experts, shared },
            config,
        ) = weights;
        let hidden = router.len() / config.count;
        Ok(Network::Experts(Mixture {
            config,
            router: Tensor::from_vec(router, (config.count, hidden), device)?,
            router_bias: router_bias.map(|bias| Tensor::new(bias, device)).transpose()?,
            choice_bias,
            experts: experts.into_iter().map(mlp).collect::<Result<_>>()?,
            shared: match shared {
                Some(SharedExpert { mlp: weights, weight }) => {
                    let weight = weight
                        .map(|weight| Tensor::from_vec(weight, (hidden, 1), device));
                    Some((mlp(weights)?, weight.transpose()?))
                }
                None => None,
            },
        }))
    }

    /// Its weights. Those that are no matrices are copied from their device.
    pub(super) fn weights(&self) -> Result<FeedForward<&Matrix>> {
        Ok(match self {
            Network::None => FeedForward::None,
            Network::Dense(mlp) => FeedForward::Dense(mlp.weights()?),
            Network::Experts(mixture) => FeedForward::Experts(mixture.weights()?),
        })
    }

    /// [T, H] to [T, H].
    pub(super) fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Network::None => x.zeros_like(),
            Network::Dense(mlp) => mlp.forward(x),
            Network::Experts(mixture) => mixture.forward(x),
        }
    }
}

impl Network {
    /// As [`forward`](Self::forward) of the first of some inputs; the second gate what it
    /// gives.
    pub(super) fn forward_gated(&self, inputs: &[Tensor]) -> Result<Tensor> {
        match (self, inputs) {
            (Network::Dense(mlp), [x, of_gate]) => mlp.gated(mlp.forward(x)?, of_gate),
            (network, [x, ..]) => network.forward(x),
            (_, []) => candle_core::bail!("a network without inputs"),
        }
    }
}

impl Mixture {
    /// The experts of each of T tokens by their inputs, [T, H].
    pub(crate) fn routes(&self, x: &Tensor) -> Result<Routes> {
        let mut logits = x.matmul(&self.router.t()?)?; // [T, E]
        if let Some(bias) = &self.router_bias {
            logits = logits.broadcast_add(bias)?;
        }
        let logits: Vec<f32> = logits.flatten_all()?.to_vec1()?;
        Ok(routes(&logits, &self.config, self.choice_bias.as_deref()))
    }

    /// What the expert that all tokens go through gives, [T, H]; zeros if there is none.
    pub(crate) fn shared(&self, x: &Tensor) -> Result<Tensor> {
        match &self.shared {
            None => x.zeros_like(),
            Some((mlp, None)) => mlp.forward(x),
            Some((mlp, Some(weight))) => {
                let weight = candle_nn::ops::sigmoid(&x.matmul(weight)?)?; // [T, 1]
                mlp.forward(x)?.broadcast_mul(&weight)
            }
        }
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let routes = self.routes(x)?;
        let mut sum = self.shared(x)?;
        for (expert, rows) in routes.groups {
            let rows = &routes.rows[rows];
            let tokens = rows.iter().map(|(token, _)| *token as u32);
            let tokens = Tensor::from_iter(tokens, x.device())?;
            let weights = rows.iter().map(|(_, weight)| *weight);
            let weights = Tensor::from_iter(weights, x.device())?.unsqueeze(1)?;
            let output = self.experts[expert].forward(&x.index_select(&tokens, 0)?)?;
            sum = sum.index_add(&tokens, &output.broadcast_mul(&weights)?, 0)?;
        }
        Ok(sum)
    }

    fn weights(&self) -> Result<ExpertsWeights<&Matrix>> {
        let bias = self.router_bias.as_ref().map(Tensor::to_vec1);
        Ok(ExpertsWeights {
            router: self.router.flatten_all()?.to_vec1()?,
            router_bias: bias.transpose()?,
            choice_bias: self.choice_bias.clone(),
            experts: self.experts.iter().map(Mlp::weights).collect::<Result<_>>()?,
            shared: match &self.shared {
                Some((mlp, weight)) => Some(SharedExpert {
                    mlp: mlp.weights()?,
                    weight: match weight {
                        Some(weight) => Some(weight.flatten_all()?.to_vec1()?),
                        None => None,
                    },
                }),
                None => None,
            },
        })
    }
}

//! The experts of a block, one after the other: those of a large mixture do not fit in memory
//! in f32 all at once.
//!
//! T tokens, H hidden width.

use candle_core::{Device, Tensor};
use model_files::config::Config;

use super::layer_reader::{MlpNumbers, Reader};
use crate::candle_decoder::{Layer, Mlp};
use crate::error::Result;

/// The tokens that an expert takes in one step.
const TOKENS_PER_STEP: usize = 16;

/// The tokens of a block on their way through its experts.
#[derive(Debug, Default)]
pub(super) struct ExpertsRun {
    /// The inputs of the experts, [T, H].
    inputs: Vec<f32>,
    /// What the experts gave so far, [T, H].
    sums: Vec<f32>,
    /// For each expert that some token goes through, its tokens and their weights.
    routes: Vec<(usize, Vec<(usize, f32)>)>,
    reader: Reader,
    /// The expert that runs, the last of the routes.
    expert: Option<Mlp>,
}

impl ExpertsRun {
    /// Notes the next tokens of a block by the stream behind its mixer, [T, H].
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn add(&mut self, layer: &Layer, after_mixer: &Tensor) -> Result<()> {
        let Some(mixture) = layer.mixture() else { return Ok(()) };
        let inputs = layer.mlp_inputs(after_mixer)?;
        let first = self.inputs.len() / inputs.dim(1)?.max(1);
        let routes = mixture.routes(&inputs)?;
        for (expert, rows) in routes.groups {
            let tokens = routes.rows[rows].iter();
            let tokens = tokens.map(|(token, weight)| (first + token, *weight));
            match self.routes.iter_mut().find(|(known, _)| *known == expert) {
                Some((_, all)) => all.extend(tokens),
                None => self.routes.push((expert, tokens.collect())),
            }
        }
        self.sums.extend(mixture.shared(&inputs)?.flatten_all()?.to_vec1::<f32>()?);
        self.inputs.extend(inputs.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }

    /// Converts some rows of an expert, or runs some tokens through it. Returns whether all
    /// experts are done.
    ///
    /// # Errors
    /// If an expert does not fit in memory, or the computation fails.
    pub(super) fn step(
        &mut self,
        experts: &[MlpNumbers<'_>],
        config: &Config,
    ) -> Result<bool> {
        let Some((index, tokens)) = self.routes.last_mut() else { return Ok(true) };
        let Some(mlp) = &self.expert else {
            if let Some(weights) = self.reader.mlp(&experts[*index])? {
                let activation = config.mlp.activation;
                self.expert = Some(Mlp::new(weights, activation, &Device::Cpu)?);
            }
            return Ok(false);
        };
        let hidden = config.hidden_size;
        let tokens = tokens.split_off(tokens.len().saturating_sub(TOKENS_PER_STEP));
        let row = |token: usize| token * hidden..(token + 1) * hidden;
        let inputs: Vec<f32> = tokens
            .iter()
            .flat_map(|(token, _)| &self.inputs[row(*token)])
            .copied()
            .collect();
        let inputs = Tensor::from_vec(inputs, (tokens.len(), hidden), &Device::Cpu)?;
        let outputs: Vec<f32> = mlp.forward(&inputs)?.flatten_all()?.to_vec1()?;
        for ((token, weight), output) in tokens.iter().zip(outputs.chunks_exact(hidden)) {
            let sums = self.sums[row(*token)].iter_mut();
            sums.zip(output).for_each(|(sum, output)| *sum += weight * output);
        }
        if self.routes.last().is_some_and(|(_, left)| left.is_empty()) {
            self.routes.pop();
            self.expert = None;
        }
        Ok(self.routes.is_empty())
    }

    /// Adds what all experts gave to the stream behind the mixer, [T, H].
    ///
    /// # Errors
    /// If the computation fails.
    pub(super) fn finish(
        self,
        layer: &Layer,
        config: &Config,
        stream: &mut [f32],
    ) -> Result<()> {
        let shape = (stream.len() / config.hidden_size, config.hidden_size);
        let after_mixer = Tensor::from_slice(stream, shape, &Device::Cpu)?;
        let sums = Tensor::from_vec(self.sums, shape, &Device::Cpu)?;
        let x = layer.add_mlp(&after_mixer, sums)?;
        stream.copy_from_slice(&x.flatten_all()?.to_vec1::<f32>()?);
        Ok(())
    }
}

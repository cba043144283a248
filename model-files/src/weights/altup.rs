//! Loads the weights of several residual streams and of inputs of layers (Gemma 3n).
//!
//! H hidden width, A streams, L layers, P width of a layer's input, R rank of a residual.

use super::loader::{LoadMatrix, WeightLoader};
use super::stream_weights::{LayerInputs, StreamWeights};
use super::tensor_id::{Role, TensorId};
use crate::config::AltUp;
use crate::error::Result;

impl WeightLoader<'_> {
    /// The inputs of all layers for each token, if the model has them.
    pub(super) fn layer_embedding<M: LoadMatrix>(&mut self) -> Result<Option<M>> {
        let Some(altup) = &self.config.altup else { return Ok(None) };
        let id = TensorId::outside(Role::LayerEmbedding);
        let columns = self.config.layer_inputs();
        M::load(self.source, id, altup.layer_vocab, columns).map(Some)
    }

    /// What streams and inputs of layers are made of, if the model has them.
    pub(super) fn layer_inputs<M: LoadMatrix>(
        &mut self,
    ) -> Result<Option<Box<LayerInputs<M>>>> {
        let Some(altup) = &self.config.altup else { return Ok(None) };
        let AltUp { streams, layer_width, .. } = *altup;
        let hidden = self.config.hidden_size;
        let inputs = self.config.layer_inputs();
        let mut each = |role| {
            let ids = (0..streams - 1).map(|number| TensorId::of_several(number, role));
            ids.map(|id| self.projection(id, hidden, hidden, false))
                .collect::<Result<Vec<_>>>()
        };
        let (streams_in, streams_out) = (each(Role::StreamIn)?, each(Role::StreamOut)?);
        let id = TensorId::outside;
        let projection = id(Role::LayerProjection);
        Ok(Some(Box::new(LayerInputs {
            streams_in,
            streams_out,
            projection: self.projection(projection, inputs, hidden, false)?,
            norm: self.norm(id(Role::LayerProjectionNorm), layer_width)?,
        })))
    }

    /// What a block has beside its mixer and its network, if the model has several streams.
    pub(super) fn streams<M: LoadMatrix>(
        &mut self,
        index: usize,
    ) -> Result<Option<Box<StreamWeights<M>>>> {
        let Some(altup) = &self.config.altup else { return Ok(None) };
        let AltUp { streams, laurel_rank: rank, layer_width: width, .. } = *altup;
        let hidden = self.config.hidden_size;
        let id = |role| TensorId::of_layer(index, role);
        let mut numbers = |role, shape: &[usize]| self.source.numbers(id(role), shape);
        let router = numbers(Role::StreamRouter, &[streams, hidden])?;
        let prediction = numbers(Role::StreamPrediction, &[streams * streams, streams])?;
        let correction = numbers(Role::StreamCorrection, &[streams, streams])?;
        let scale = match altup.scaled {
            true => Some(numbers(Role::StreamScale, &[hidden])?),
            false => None,
        };
        let mut matrix =
            |role, rows, columns| self.projection(id(role), rows, columns, false);
        Ok(Some(Box::new(StreamWeights {
            layer: index,
            router,
            prediction,
            correction,
            scale,
            laurel: [
                matrix(Role::LaurelDown, rank, hidden)?,
                matrix(Role::LaurelUp, hidden, rank)?,
            ],
            gate: matrix(Role::LayerGate, width, hidden)?,
            output: matrix(Role::LayerOutput, hidden, width)?,
            router_norm: self.norm(id(Role::StreamRouterNorm), hidden)?,
            laurel_norm: self.norm(id(Role::LaurelNorm), hidden)?,
            output_norm: self.norm(id(Role::LayerOutputNorm), hidden)?,
        })))
    }
}

//! The weights of several residual streams and of inputs of layers (Gemma 3n).
//!
//! H hidden width, A streams, L layers, P width of a layer's input, R rank of a residual.

use super::decoder_weights::{NormWeights, Projection};
use super::loader::{LoadMatrix, WeightLoader};
use super::tensor_id::{Role, TensorId};
use crate::config::AltUp;
use crate::error::Result as LoadResult;

/// What streams and inputs of layers are made of, outside of the blocks.
#[derive(Debug)]
pub struct LayerInputs<M> {
    /// From the embedding to each of the streams but the first, A − 1 of [H, H].
    pub streams_in: Vec<Projection<M>>,
    /// From each of these streams to what the output head sees, A − 1 of [H, H].
    pub streams_out: Vec<Projection<M>>,
    /// From the embedding to what it adds to inputs of layers, [L · P, H].
    pub projection: Projection<M>,
    /// The norm of that, of each layer by itself, `[P]`.
    pub norm: NormWeights,
}

/// What a block with several streams has beside its mixer and its network.
#[derive(Debug)]
pub struct StreamWeights<M> {
    /// The norm before what weighs streams, `[H]`.
    pub router_norm: NormWeights,
    /// What weighs streams, [A, H].
    pub router: Vec<f32>,
    /// How each stream follows from all before the block, [A · A, A].
    pub prediction: Vec<f32>,
    /// How far each follows what the block has changed, less 1, [A, A].
    pub correction: Vec<f32>,
    /// The number of the block.
    pub layer: usize,
    /// What scales the first stream where the layer's input meets it, `[H]`.
    pub scale: Option<Vec<f32>>,
    /// The products of the residual of low rank: [R, H], [H, R].
    pub laurel: [Projection<M>; 2],
    /// The norm behind them, `[H]`.
    pub laurel_norm: NormWeights,
    /// What gates the layer's input, [P, H].
    pub gate: Projection<M>,
    /// From there to the other streams, [H, P].
    pub output: Projection<M>,
    /// The norm behind it, `[H]`.
    pub output_norm: NormWeights,
}

impl<M> LayerInputs<M> {
    /// Converts every matrix, always in the same order, and copies the rest.
    ///
    /// # Errors
    /// The first error of `convert`.
    pub fn convert<'a, N, E>(
        &'a self,
        convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
    ) -> Result<LayerInputs<N>, E> {
        let mut all = |projections: &'a [Projection<M>]| {
            let converted = projections.iter().map(|one| one.convert(convert));
            converted.collect::<Result<_, E>>()
        };
        Ok(LayerInputs {
            streams_in: all(&self.streams_in)?,
            streams_out: all(&self.streams_out)?,
            projection: self.projection.convert(convert)?,
            norm: self.norm.clone(),
        })
    }
}

impl<M> StreamWeights<M> {
    pub(super) fn convert<'a, N, E>(
        &'a self,
        convert: &mut dyn FnMut(&'a M) -> Result<N, E>,
    ) -> Result<StreamWeights<N>, E> {
        let [down, up] = &self.laurel;
        Ok(StreamWeights {
            layer: self.layer,
            router_norm: self.router_norm.clone(),
            router: self.router.clone(),
            prediction: self.prediction.clone(),
            correction: self.correction.clone(),
            scale: self.scale.clone(),
            laurel: [down.convert(convert)?, up.convert(convert)?],
            laurel_norm: self.laurel_norm.clone(),
            gate: self.gate.convert(convert)?,
            output: self.output.convert(convert)?,
            output_norm: self.output_norm.clone(),
        })
    }
}

impl WeightLoader<'_> {
    /// The inputs of all layers for each token, if the model has them.
    pub(super) fn layer_embedding<M: LoadMatrix>(&mut self) -> LoadResult<Option<M>> {
        let Some(altup) = &self.config.altup else { return Ok(None) };
        let id = TensorId::outside(Role::LayerEmbedding);
        let columns = self.config.layer_inputs();
        M::load(self.source, id, altup.layer_vocab, columns).map(Some)
    }

    /// What streams and inputs of layers are made of, if the model has them.
    pub(super) fn layer_inputs<M: LoadMatrix>(
        &mut self,
    ) -> LoadResult<Option<Box<LayerInputs<M>>>> {
        let Some(altup) = &self.config.altup else { return Ok(None) };
        let AltUp { streams, layer_width, .. } = *altup;
        let hidden = self.config.hidden_size;
        let inputs = self.config.layer_inputs();
        let mut each = |role| {
            let ids = (0..streams - 1).map(|number| TensorId::of_several(number, role));
            ids.map(|id| self.projection(id, hidden, hidden, false))
                .collect::<LoadResult<Vec<_>>>()
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
    ) -> LoadResult<Option<Box<StreamWeights<M>>>> {
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

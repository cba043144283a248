//! The weights of several residual streams and of inputs of layers (Gemma 3n).
//!
//! H hidden width, A streams, L layers, P width of a layer's input, R rank of a residual.

use super::parts::{NormWeights, Projection};

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

//! The buffers of several residual streams and of inputs of layers.
//!
//! T tokens, H hidden width, A streams, L layers, P width of a layer's input, R rank of a
//! residual.

use kernels::{OutOfMemory, QuantisedActivations, SharedBuffer};
use model_files::config::Config;

/// The buffers of several residual streams; each row belongs to a token.
#[derive(Debug)]
pub(super) struct StreamBuffers {
    /// All streams, [T, A · H].
    pub(super) streams: SharedBuffer<f32>,
    /// The inputs of all layers, [T, L · P].
    pub(super) of_layers: SharedBuffer<f32>,
    /// The narrow projection of a residual of low rank, [T, R].
    pub(super) narrow: SharedBuffer<f32>,
    /// That residual, [T, H].
    pub(super) laurel: SharedBuffer<f32>,
    /// The gate of a layer's input, [T, P].
    pub(super) gate: SharedBuffer<f32>,
    /// What the output head sees of all streams but the first, [T, (A − 1) · H].
    pub(super) merged: SharedBuffer<f32>,
    /// Inputs of products, by members as [`Buffers`](super::buffers::Buffers) has them.
    pub(super) inputs: Vec<StreamInputs>,
}

/// Quantised inputs of products.
#[derive(Debug)]
pub(super) struct StreamInputs {
    /// The narrow projection, [T, R].
    pub(super) narrow: QuantisedActivations,
    /// The gated input of a layer, [T, P].
    pub(super) layer: QuantisedActivations,
    /// All streams but the first, A − 1 of [T, H].
    pub(super) streams: Vec<QuantisedActivations>,
}

impl StreamBuffers {
    /// Allocates buffers for passes of up to `tokens` tokens by a team of `members` members, if
    /// the model has several streams.
    ///
    /// # Errors
    /// If they do not fit in memory.
    pub(super) fn new(
        config: &Config,
        tokens: usize,
        members: usize,
    ) -> Result<Option<StreamBuffers>, OutOfMemory> {
        let Some(altup) = &config.altup else { return Ok(None) };
        let (hidden, others) = (config.hidden_size, altup.streams - 1);
        let inputs = |tokens: usize| {
            let streams = (0..others).map(|_| QuantisedActivations::new(tokens, hidden));
            Ok(StreamInputs {
                narrow: QuantisedActivations::new(tokens, altup.laurel_rank)?,
                layer: QuantisedActivations::new(tokens, altup.layer_width)?,
                streams: streams.collect::<Result<_, OutOfMemory>>()?,
            })
        };
        Ok(Some(StreamBuffers {
            streams: SharedBuffer::zeros(tokens * config.stream_width())?,
            of_layers: SharedBuffer::zeros(tokens * config.layer_inputs())?,
            narrow: SharedBuffer::zeros(tokens * altup.laurel_rank)?,
            laurel: SharedBuffer::zeros(tokens * hidden)?,
            gate: SharedBuffer::zeros(tokens * altup.layer_width)?,
            merged: SharedBuffer::zeros(tokens * others * hidden)?,
            inputs: (0..members)
                .map(|member| inputs(if member == 0 { tokens } else { 1 }))
                .collect::<Result<_, OutOfMemory>>()?,
        }))
    }
}

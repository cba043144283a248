//! One pass of T tokens, of one or several sequences, through all layers.
//!
//! In every step each member writes parts of the buffers that no other member touches,
//! and reads only what was written before the last barrier. That makes the unsafe
//! accesses sound; each says which part belongs to which member.

use kernels::{Kernels, Member};

use model_files::config::{NormConfig, NormKind};
use model_files::weights::{MixerWeights, NormWeights};

use super::layers::Layer;
use super::state::DecoderState;
use super::tap::PassTap;

/// A token of a pass. Those of one sequence come in the order of their positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// The slot of its sequence.
    pub(super) slot: usize,
    pub(super) position: usize,
    pub(super) id: u32,
}

/// One member's view of a pass.
pub(super) struct Pass<'a> {
    pub(super) decoder: &'a DecoderState,
    pub(super) member: &'a Member<'a>,
    /// T.
    pub(super) tokens: usize,
    pub(super) rows: &'a [Row],
    /// The angles of most layers, and those of layers with a window if they differ.
    pub(super) angles: &'a (Angles, Option<Angles>),
    /// What it keeps on its way, all of it of one sequence; `None` in nearly all passes.
    pub(super) tap: Option<&'a PassTap>,
}

/// Cosines and sines of each token's position, [T, R/2], where R channels are rotated.
pub(super) type Angles = (Vec<f32>, Vec<f32>);

/// Normalises a row into `out`, both `[H]` or of a head's width.
pub(super) fn norm_row(
    kernels: &Kernels,
    config: &NormConfig,
    norm: &NormWeights,
    row: &[f32],
    out: &mut [f32],
) {
    let (weight, epsilon) = (&norm.weight, config.epsilon as f32);
    match config.kind {
        NormKind::Rms => kernels.rms_norm(row, weight, epsilon, out),
        NormKind::Layer => {
            kernels.layer_norm(row, weight, norm.bias.as_deref(), epsilon, out);
        }
    }
}

/// The score more in the softmax of a query head, if the layer has such.
pub(super) fn sink(layer: &Layer, head: usize) -> Option<f32> {
    match &layer.mixer {
        MixerWeights::Attention(weights) => Some(weights.sinks.as_ref()?[head]),
        MixerWeights::Convolution(_)
        | MixerWeights::Recurrence(_)
        | MixerWeights::Latent(_) => None,
    }
}

impl Pass<'_> {
    /// The layer whose keys and values a layer has.
    pub(super) fn keys_of(&self, layer_index: usize) -> usize {
        self.decoder.config.layers[layer_index].shares.unwrap_or(layer_index)
    }

    /// Normalises a row of this pass into `out`.
    pub(super) fn norm_row(&self, norm: &NormWeights, row: &[f32], out: &mut [f32]) {
        norm_row(&self.decoder.kernels, &self.decoder.config.norm, norm, row, out);
    }
}

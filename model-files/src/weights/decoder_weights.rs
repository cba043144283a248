//! The weights of a decoder, block by block, for matrices of any form: what the two
//! decoders are built of.

use crate::config::LayerKind;

/// All weights of a decoder.
#[derive(Debug)]
pub struct DecoderWeights<M> {
    /// [V, H].
    pub embed_tokens: M,
    /// The embeddings of positions, [context, H].
    pub positions: Option<Vec<f32>>,
    /// In order.
    pub layers: Vec<LayerWeights<M>>,
    /// Before the output head.
    pub norm: NormWeights,
    /// The output head, [V, H]; none where it is the embedding.
    pub lm_head: Option<M>,
    /// `[V]`.
    pub head_bias: Option<Vec<f32>>,
}

/// The weights of one block.
#[derive(Debug)]
pub struct LayerWeights<M> {
    /// What sets it apart.
    pub kind: LayerKind,
    /// Before the mixer.
    pub input_norm: Option<NormWeights>,
    /// Attention or convolution.
    pub mixer: MixerWeights<M>,
    /// After the mixer.
    pub mixed_norm: Option<NormWeights>,
    /// Before the MLP; none where it has the mixer's inputs.
    pub mlp_norm: Option<NormWeights>,
    /// The feed-forward network.
    pub mlp: MlpWeights<M>,
    /// After the MLP.
    pub mlp_output_norm: Option<NormWeights>,
}

/// The weights of what moves information between positions.
#[derive(Debug)]
pub enum MixerWeights<M> {
    /// Attention.
    Attention(AttentionWeights<M>),
    /// A short convolution.
    Convolution(ConvolutionWeights<M>),
}

/// The weights of attention.
#[derive(Debug)]
pub struct AttentionWeights<M> {
    /// [N · D, H].
    pub q_proj: Projection<M>,
    /// [K · D, H].
    pub k_proj: Projection<M>,
    /// [K · D, H].
    pub v_proj: Projection<M>,
    /// [H, N · D].
    pub o_proj: Projection<M>,
    /// Norms of queries and keys, of one head or of all.
    pub qk_norm: Option<(NormWeights, NormWeights)>,
}

/// The weights of a short convolution.
#[derive(Debug)]
pub struct ConvolutionWeights<M> {
    /// [3H, H]: the gate of what goes in, that of what comes out, and what goes in.
    pub in_proj: Projection<M>,
    /// [H, taps]: for each channel the factors of the last positions, the oldest first.
    pub taps: Vec<f32>,
    /// `[H]`.
    pub bias: Option<Vec<f32>>,
    /// [H, H].
    pub out_proj: Projection<M>,
}

/// The weights of the feed-forward network.
#[derive(Debug)]
pub struct MlpWeights<M> {
    /// [I, H].
    pub gate_proj: Option<Projection<M>>,
    /// [I, H].
    pub up_proj: Projection<M>,
    /// [H, I].
    pub down_proj: Projection<M>,
}

/// A matrix with an optional bias.
#[derive(Debug)]
pub struct Projection<M> {
    /// W, [out, in].
    pub weight: M,
    /// b, `[out]`.
    pub bias: Option<Vec<f32>>,
}

/// The weights of a norm.
#[derive(Clone, Debug)]
pub struct NormWeights {
    /// The scale of each channel.
    pub weight: Vec<f32>,
    /// Only where norms have one.
    pub bias: Option<Vec<f32>>,
}

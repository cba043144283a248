//! The weights of a decoder, block by block, with matrices of any type `M`.
//!
//! H hidden width, V vocabulary, N query heads, K key/value heads, D channels per head, I
//! inner width of the MLP, E experts.

use crate::config::LayerKind;

/// All weights of a decoder.
#[derive(Debug)]
pub struct DecoderWeights<M> {
    /// The token embedding, [V, H].
    pub embed_tokens: M,
    /// The learned position embedding, [context, H].
    pub positions: Option<Vec<f32>>,
    /// The norm of the embeddings.
    pub embedding_norm: Option<NormWeights>,
    /// The blocks, in order.
    pub layers: Vec<LayerWeights<M>>,
    /// The norm before the output head.
    pub norm: NormWeights,
    /// The output head, [V, H]; `None` if it is the token embedding.
    pub lm_head: Option<M>,
    /// The bias of the output head, `[V]`.
    pub head_bias: Option<Vec<f32>>,
}

/// The weights of one block.
#[derive(Debug)]
pub struct LayerWeights<M> {
    /// What distinguishes this block from others.
    pub kind: LayerKind,
    /// The norm before the mixer.
    pub input_norm: Option<NormWeights>,
    /// Attention or convolution.
    pub mixer: MixerWeights<M>,
    /// The norm after the mixer.
    pub mixed_norm: Option<NormWeights>,
    /// The norm before the MLP; `None` if the MLP has the mixer's inputs or no norm
    /// before it.
    pub mlp_norm: Option<NormWeights>,
    /// The feed-forward network, or several.
    pub mlp: FeedForward<M>,
    /// The norm after the MLP.
    pub mlp_output_norm: Option<NormWeights>,
}

/// The weights of a mixer, which moves information between positions.
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
    /// Norms of queries and keys, of each head by itself or of all heads together.
    pub qk_norm: Option<(NormWeights, NormWeights)>,
    /// For each query head a score more in its softmax, without a value, `[N]`.
    pub sinks: Option<Vec<f32>>,
}

/// The weights of a short convolution.
#[derive(Debug)]
pub struct ConvolutionWeights<M> {
    /// [3H, H]: the gate of the input, the gate of the output, and the input.
    pub in_proj: Projection<M>,
    /// [H, taps]: the factors of each channel's last positions, the oldest first.
    pub taps: Vec<f32>,
    /// `[H]`.
    pub bias: Option<Vec<f32>>,
    /// [H, H].
    pub out_proj: Projection<M>,
}

/// What follows the mixer.
#[derive(Debug)]
pub enum FeedForward<M> {
    /// One network for all tokens.
    Dense(MlpWeights<M>),
    /// Several, of which each token goes through a few.
    Experts(ExpertsWeights<M>),
}

/// The weights of a mixture of experts.
#[derive(Debug)]
pub struct ExpertsWeights<M> {
    /// What chooses experts, [E, H].
    pub router: Vec<f32>,
    /// `[E]`.
    pub router_bias: Option<Vec<f32>>,
    /// The experts.
    pub experts: Vec<MlpWeights<M>>,
    /// The expert that all tokens go through.
    pub shared: Option<SharedExpert<M>>,
}

/// An expert that all tokens go through.
#[derive(Debug)]
pub struct SharedExpert<M> {
    /// The network.
    pub mlp: MlpWeights<M>,
    /// What the network gives is multiplied by the sigmoid of the product with this, `[H]`.
    pub weight: Option<Vec<f32>>,
}

/// The weights of a feed-forward network.
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
    /// The bias of each channel; `None` if the norm has none.
    pub bias: Option<Vec<f32>>,
}

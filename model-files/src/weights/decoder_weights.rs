//! The weights of a decoder, block by block, with matrices of any type `M`.
//!
//! H hidden width, V vocabulary, N query heads, K key/value heads, D channels per head, I
//! inner width of the MLP, E experts.

use std::sync::Arc;

use super::parts::{NormWeights, Projection};
use super::stream_weights::{LayerInputs, StreamWeights};
use crate::config::LayerKind;

/// All weights of a decoder.
#[derive(Debug)]
pub struct DecoderWeights<M> {
    /// The token embedding, [V, H], or of another width with projections.
    pub embed_tokens: M,
    /// What lies between embeddings and output head of another width and the blocks.
    pub projections: Option<EmbeddingProjections>,
    /// The learned position embedding, [context, H].
    pub positions: Option<Vec<f32>>,
    /// The norm of the embeddings.
    pub embedding_norm: Option<NormWeights>,
    /// The inputs of all layers for each token, [tokens, L · P].
    pub layer_embedding: Option<M>,
    /// What else several residual streams and inputs of layers are made of.
    pub inputs: Option<Box<LayerInputs<M>>>,
    /// The blocks, in order.
    pub layers: Vec<LayerWeights<M>>,
    /// The norm before the output head.
    pub norm: NormWeights,
    /// The output head, [V, H]; `None` if it is the token embedding.
    pub lm_head: Option<M>,
    /// The bias of the output head, `[V]`.
    pub head_bias: Option<Vec<f32>>,
}

/// What a decoder's passes go through, wherever it is kept: all weights of decoders that have
/// no projections, positions or norm of embeddings, and no bias of the head.
#[derive(Debug)]
pub struct DecoderView<'a, M> {
    /// The token embedding, [V, H].
    pub embed_tokens: &'a M,
    /// The blocks, in order.
    pub layers: &'a [LayerWeights<M>],
    /// The norm before the output head.
    pub norm: &'a NormWeights,
    /// The output head, [V, H]; `None` if it is the token embedding.
    pub lm_head: Option<&'a M>,
}

impl<M> Clone for DecoderView<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for DecoderView<'_, M> {}

impl<M> DecoderWeights<M> {
    /// What its passes go through.
    pub fn view(&self) -> DecoderView<'_, M> {
        DecoderView {
            embed_tokens: &self.embed_tokens,
            layers: &self.layers,
            norm: &self.norm,
            lm_head: self.lm_head.as_ref(),
        }
    }
}

/// Projections of embeddings of width E.
#[derive(Clone, Debug)]
pub struct EmbeddingProjections {
    /// [H, E].
    pub input: Vec<f32>,
    /// [E, H].
    pub output: Vec<f32>,
}

/// The weights of one block.
#[derive(Debug)]
pub struct LayerWeights<M> {
    /// What distinguishes this block from others.
    pub kind: LayerKind,
    /// The norm before the mixer.
    pub input_norm: Option<NormWeights>,
    /// Attention, convolution or recurrence.
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
    /// What a block with several residual streams has beside that.
    pub streams: Option<Box<StreamWeights<M>>>,
}

/// The weights of a mixer, which moves information between positions.
#[derive(Debug)]
pub enum MixerWeights<M> {
    /// Attention.
    Attention(AttentionWeights<M>),
    /// A short convolution.
    Convolution(ConvolutionWeights<M>),
    /// A recurrence.
    Recurrence(RecurrenceWeights<M>),
    /// Latent attention.
    Latent(LatentWeights<M>),
}

/// The weights of attention.
#[derive(Debug)]
pub struct AttentionWeights<M> {
    /// [N · D, H].
    pub q_proj: Projection<M>,
    /// [K · D, H].
    pub k_proj: Option<Projection<M>>,
    /// [K · D, H]; as the one of keys, `None` in a layer that has those of another.
    pub v_proj: Option<Projection<M>>,
    /// [H, N · D].
    pub o_proj: Projection<M>,
    /// Norms of queries and keys, of each head by itself or of all heads together.
    pub qk_norm: Option<(NormWeights, NormWeights)>,
    /// For each query head a score more in its softmax, without a value, `[N]`.
    pub sinks: Option<Vec<f32>>,
    /// What heads give is multiplied by the sigmoid of this projection, [N · D, H].
    pub gate: Option<Projection<M>>,
}

/// The weights of latent attention, whose sizes are those of
/// [`Latent`](crate::config::Latent).
#[derive(Debug)]
pub struct LatentWeights<M> {
    /// The narrow projection of queries, [query rank, H], and its norm.
    pub query_down: Option<(Projection<M>, NormWeights)>,
    /// [N · D, H] or [N · D, query rank].
    pub query: Projection<M>,
    /// The narrow projection of keys and values, and the rotated channels of keys, [rank + R,
    /// H].
    pub down: Projection<M>,
    /// Its norm, `[rank]`.
    pub norm: NormWeights,
    /// For each head its key without the rotated channels and its value, [N · (D − R +
    /// value width), rank].
    pub up: Projection<M>,
    /// [H, N · value width].
    pub output: Projection<M>,
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

/// The weights of a recurrence, whose sizes are those of
/// [`Recurrence`](crate::config::Recurrence).
#[derive(Debug)]
pub struct RecurrenceWeights<M> {
    /// What the inputs are projected to, side by side, [widths, H].
    pub inputs: Vec<Projection<M>>,
    /// What lies between the projections.
    pub numbers: Arc<RecurrenceNumbers>,
    /// [H, inner].
    pub output: Projection<M>,
}

/// The numbers of a recurrence; those that its formula has not are empty.
#[derive(Debug, Default)]
pub struct RecurrenceNumbers {
    /// [convolved, taps]: the factors of each channel's last inputs, the oldest first.
    pub taps: Vec<f32>,
    /// `[convolved]`.
    pub taps_bias: Option<Vec<f32>>,
    /// The exponents of what is kept, for a step of 1: [inner, states], `[heads]` or
    /// `[width]`. None is above 0.
    pub decay: Vec<f32>,
    /// What of an input is passed on as it is, `[inner]` or `[heads]`.
    pub skip: Vec<f32>,
    /// The projection of a channel's input to step, input and output of the state, [rank +
    /// 2 · states, inner].
    pub parameters: Vec<f32>,
    /// The projection to step sizes, [inner, rank].
    pub step: Vec<f32>,
    /// Added to step sizes, `[inner]` or `[heads]`.
    pub step_bias: Vec<f32>,
    /// The weights of the norm of the output, `[inner]` or `[value width]`.
    pub norm: Vec<f32>,
    /// Of inputs and of what is kept: matrices of blocks of channels, [blocks, in, out],
    /// and their biases, `[width]`.
    pub gates: [(Vec<f32>, Vec<f32>); 2],
    /// RWKV's.
    pub wkv: Option<Box<WkvNumbers>>,
}

/// The numbers of RWKV's recurrence and of what comes before its MLP; those that a version has
/// not are empty.
#[derive(Debug, Default)]
pub struct WkvNumbers {
    /// For each projection of the inputs, how much of the token before comes in, `[H]`.
    pub shift: Vec<Vec<f32>>,
    /// The second products of decays, rates and gates, [inner, rank].
    pub up: [Vec<f32>; 3],
    /// Added to decays and rates, `[inner]`.
    pub up_bias: [Vec<f32>; 2],
    /// How much of the first layer's values comes in: the second product, [inner, rank],
    /// and what is added; `None` in that layer.
    pub value_up: Option<(Vec<f32>, Vec<f32>)>,
    /// Factors of the keys that the state is corrected by, `[inner]`.
    pub key_scale: Vec<f32>,
    /// How far rates scale keys, `[inner]`.
    pub key_rate: Vec<f32>,
    /// What of a token's own value is added, `[inner]`.
    pub bonus: Vec<f32>,
    /// The norm of each head's output, `[inner]`.
    pub norm: Vec<f32>,
    /// Its bias, `[inner]`.
    pub norm_bias: Vec<f32>,
    /// How much of the token before comes into the MLP, and into what gates its output, `[H]`
    /// each.
    pub mlp_shift: Vec<Vec<f32>>,
}

/// What follows the mixer.
#[derive(Debug)]
pub enum FeedForward<M> {
    /// One network for all tokens.
    Dense(MlpWeights<M>),
    /// Several, of which each token goes through a few.
    Experts(ExpertsWeights<M>),
    /// Nothing.
    None,
}

/// The weights of a mixture of experts.
#[derive(Debug)]
pub struct ExpertsWeights<M> {
    /// What chooses experts, [E, H].
    pub router: Vec<f32>,
    /// `[E]`.
    pub router_bias: Option<Vec<f32>>,
    /// What is added to each expert's sigmoid when experts are chosen, `[E]`.
    pub choice_bias: Option<Vec<f32>>,
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
    /// What the network gives is multiplied by the sigmoid of this projection, [H, H].
    pub output_gate: Option<Projection<M>>,
}

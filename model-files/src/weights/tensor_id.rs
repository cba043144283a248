//! The names of a decoder's tensors, independent of a family's checkpoints.
//!
//! H hidden width, V vocabulary, N query heads, K key/value heads, D channels per head, I
//! inner width of the MLP, E experts.

use std::fmt;

/// What RWKV projects a mixture of two tokens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shifted {
    /// What is read from the state.
    Receptance,
    /// The decay of the state.
    Decay,
    /// Keys.
    Key,
    /// Values; of its two products, how much of the first layer's comes in.
    Value,
    /// The rate of learning.
    Rate,
    /// The gate.
    Gate,
}

/// The role of a tensor in a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The token embedding, [V, H].
    Embedding,
    /// The learned position embedding, [context, H].
    Positions,
    /// From embeddings of width E to the blocks, [H, E].
    EmbeddingIn,
    /// From the last norm to an output head of width E, [E, H].
    EmbeddingOut,
    /// The norm of the embeddings, `[H]`.
    EmbeddingNorm,
    /// The norm before the output head, `[H]`.
    FinalNorm,
    /// The output head, [V, H].
    Head,
    /// The norm before the mixer, `[H]`.
    InputNorm,
    /// [N · D, H].
    Query,
    /// [K · D, H].
    Key,
    /// [K · D, H].
    Value,
    /// [H, N · D].
    Output,
    /// `[D]` or `[N · D]`.
    QueryNorm,
    /// `[D]` or `[K · D]`.
    KeyNorm,
    /// A score of each head's softmax, `[N]`.
    Sinks,
    /// What gates the output of heads, [N · D, H].
    AttentionGate,
    /// The narrow projection of queries, [query rank, H].
    QueryDown,
    /// Its norm.
    QueryDownNorm,
    /// The narrow projection of keys and values, [rank + R, H].
    LatentDown,
    /// Its norm, `[rank]`.
    LatentNorm,
    /// From there to keys and values, [N · (D − R + value width), rank].
    LatentUp,
    /// For each head from there to its key without the rotated channels, the other way around,
    /// [N, rank, D − R].
    LatentUpKeys,
    /// For each head from there to its value, [N, value width, rank].
    LatentUpValues,
    /// The input projection of a short convolution, [3H, H].
    ConvolutionInput,
    /// The taps of a short convolution, [H, taps].
    ConvolutionTaps,
    /// The output projection of a short convolution, [H, H].
    ConvolutionOutput,
    /// The first projection of a recurrence's inputs, [first of its widths, H].
    StateInput,
    /// The projection to queries of the delta rule.
    StateQuery,
    /// The projection to keys of the delta rule.
    StateKey,
    /// The projection to values of the delta rule.
    StateValue,
    /// The projection of a recurrence's inputs to its gate.
    StateGate,
    /// The projection of a recurrence's inputs to the rates of the delta rule.
    StateRate,
    /// The projection of a recurrence's inputs to step sizes, one for each head.
    StateHeadStep,
    /// The taps of a recurrence's convolution, [convolved, taps].
    StateTaps,
    /// The projection to step sizes, inputs and outputs of the state, [rank + 2 · states,
    /// inner].
    StateParameters,
    /// The projection to step sizes, [inner, rank].
    StateStep,
    /// What is added to step sizes, where there is no projection, `[heads]`.
    StateStepBias,
    /// The logarithm of the decay's exponent without its sign.
    StateDecayLog,
    /// The exponent of the decay for a step of 1.
    StateDecay,
    /// The parameter of the decay of a gated linear recurrence, `[width]`.
    StateDecayParameter,
    /// What of an input is passed on as it is.
    StateSkip,
    /// The norm of a recurrence's output.
    StateNorm,
    /// The gate of inputs by blocks of channels, [blocks, in, out].
    StateInputGate,
    /// Its bias.
    StateInputGateBias,
    /// The gate of what is kept, [blocks, in, out].
    StateDecayGate,
    /// Its bias.
    StateDecayGateBias,
    /// The output projection of a recurrence, [H, inner].
    StateOutput,
    /// How much of the token before comes into a projection of RWKV, `[H]`.
    StateShift(Shifted),
    /// The first of two products that give something of RWKV's, [rank, H].
    StateDown(Shifted),
    /// The second of them, [H, rank].
    StateUp(Shifted),
    /// What is added to it, `[H]`.
    StateUpBias(Shifted),
    /// Factors of the keys that RWKV's state is corrected by, `[H]`.
    StateKeyScale,
    /// How far rates of learning scale RWKV's keys, `[H]`.
    StateKeyRate,
    /// What of a token's own value RWKV adds, `[H]`.
    StateBonus,
    /// How much of the token before comes into the MLP, `[H]`.
    MlpShift,
    /// What gates the output of the MLP, [H, H].
    MlpGate,
    /// How much of the token before comes into that, `[H]`.
    MlpGateShift,
    /// The norm after the mixer, `[H]`.
    MixedNorm,
    /// The norm before the MLP, `[H]`.
    MlpNorm,
    /// [I, H].
    Gate,
    /// [I, H].
    Up,
    /// [H, I].
    Down,
    /// The router of a mixture of experts, [E, H].
    Router,
    /// What is added to each expert's sigmoid when experts are chosen, `[E]`.
    RouterChoice,
    /// An expert's, [I, H].
    ExpertGate,
    /// An expert's, [I, H].
    ExpertUp,
    /// An expert's, [H, I].
    ExpertDown,
    /// Of the expert that all tokens go through, [I, H].
    SharedGate,
    /// Of the expert that all tokens go through, [I, H].
    SharedUp,
    /// Of the expert that all tokens go through, [H, I].
    SharedDown,
    /// What weighs the expert that all tokens go through, `[H]`.
    SharedWeight,
    /// The norm after the MLP, `[H]`.
    MlpOutputNorm,
    /// From the embedding to one of the other residual streams, [H, H].
    StreamIn,
    /// From one of the other residual streams to what the output head sees, [H, H].
    StreamOut,
    /// The norm before what weighs residual streams, `[H]`.
    StreamRouterNorm,
    /// What weighs residual streams, [A, H].
    StreamRouter,
    /// How streams follow from each other before a block, [A · A, A].
    StreamPrediction,
    /// How streams follow what a block has changed, [A, A].
    StreamCorrection,
    /// What scales the first stream where the layer's input meets it, `[H]`.
    StreamScale,
    /// The first product of a residual of low rank, [R, H].
    LaurelDown,
    /// The second, [H, R].
    LaurelUp,
    /// The norm behind it, `[H]`.
    LaurelNorm,
    /// The inputs of all layers for each token, [tokens, L · P].
    LayerEmbedding,
    /// From the embedding to inputs of all layers, [L · P, H].
    LayerProjection,
    /// The norm behind it, `[P]`.
    LayerProjectionNorm,
    /// What gates a layer's input, [P, H].
    LayerGate,
    /// From the gated input to the streams, [H, P].
    LayerOutput,
    /// The norm behind it, `[H]`.
    LayerOutputNorm,
    /// Factors of rotary frequencies, one for each pair.
    RopeFactors,
    /// Factors of rotary frequencies for texts within the original context.
    RopeFactorsShort,
    /// Factors of rotary frequencies for longer texts.
    RopeFactorsLong,
}

impl Role {
    /// Whether it is a projection, which may have a bias.
    pub(super) fn has_bias(self) -> bool {
        matches!(
            self,
            Role::Query
                | Role::Key
                | Role::Value
                | Role::Output
                | Role::Gate
                | Role::Up
                | Role::Down
        )
    }
}

/// The identity of a tensor in a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TensorId {
    /// Its role.
    pub role: Role,
    /// Its block; `None` if it is outside of the blocks.
    pub layer: Option<usize>,
    /// Its expert; `None` if it is of no expert or of all.
    pub expert: Option<usize>,
    /// Whether it is the bias of the role's tensor instead of its weight.
    pub bias: bool,
}

impl TensorId {
    /// A tensor outside of the blocks.
    pub fn outside(role: Role) -> TensorId {
        TensorId { role, layer: None, expert: None, bias: false }
    }

    /// A tensor of a block.
    pub fn of_layer(layer: usize, role: Role) -> TensorId {
        TensorId { role, layer: Some(layer), expert: None, bias: false }
    }

    /// One of several alike outside of the blocks.
    pub fn of_several(number: usize, role: Role) -> TensorId {
        TensorId { expert: Some(number), ..TensorId::outside(role) }
    }

    /// A tensor of an expert of a block.
    pub fn of_expert(layer: usize, expert: usize, role: Role) -> TensorId {
        TensorId { expert: Some(expert), ..TensorId::of_layer(layer, role) }
    }

    /// The bias of this tensor.
    pub fn bias(self) -> TensorId {
        TensorId { bias: true, ..self }
    }
}

impl fmt::Display for TensorId {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        if let Some(layer) = self.layer {
            write!(formatter, "layer {layer}'s ")?;
        }
        if let Some(expert) = self.expert {
            write!(formatter, "expert {expert}'s ")?;
        }
        write!(formatter, "{:?}{}", self.role, if self.bias { " bias" } else { "" })
    }
}

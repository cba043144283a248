//! A decoder's shape and weights as plans name them.

use kernels::{PackedFormat, PackedMatrix};
use model_files::config::{Activation, Block, Config, MixerKind, NormKind, QkNorm};
use model_files::weights::{
    AttentionWeights, DecoderView, FeedForward, LayerWeights, MixerWeights, MlpWeights,
    NormWeights, Projection, StoredMatrix,
};

use crate::elementwise::GateFunction;
use crate::heads::{AttentionShape, CacheNumbers};
use crate::plan::{
    HeadNorm, LayerFormats, LayerShape, MatrixId, MatrixRole, ModelShape, NumbersId,
    NumbersRole, Structure,
};

/// The weights of a decoder in packed matrices.
pub type Weights<'a> = DecoderView<'a, PackedMatrix>;

/// The weights of a decoder that stay in their file.
pub type StoredWeights<'a> = DecoderView<'a, StoredMatrix>;

/// A matrix in a packed format, wherever it is.
pub trait Formatted {
    /// How its numbers are stored.
    fn format(&self) -> PackedFormat;
}

impl Formatted for PackedMatrix {
    fn format(&self) -> PackedFormat {
        self.format()
    }
}

impl Formatted for StoredMatrix {
    fn format(&self) -> PackedFormat {
        self.format()
    }
}

/// What of a model no plan has; `None` if plans have all of it. (Whether its widths fit,
/// [`ModelShape::check`] says.)
pub fn missing_part(config: &Config) -> Option<&'static str> {
    let Config { attention, mlp, layers, .. } = config;
    let local = config.local_rope.as_ref();
    let all_attend = layers.iter().all(|layer| layer.mixer == MixerKind::Attention);
    let blocks = [Block::PreNorm, Block::PostNorm, Block::Sandwich];
    let missing = [
        (!all_attend, "layers without attention"),
        (layers.iter().any(|layer| layer.experts), "experts"),
        (!blocks.contains(&config.block), "the order of a block's parts"),
        (config.norm.kind != NormKind::Rms, "layer norms"),
        (attention.qk_norm == QkNorm::EachHead, "norms with weights for each head"),
        (attention.qk_norm == QkNorm::HeadsRotated, "norms after the rotation"),
        (attention.clip.is_some(), "clipped queries, keys and values"),
        (attention.sinks, "scores without a value"),
        (attention.gated, "gates of heads"),
        (!mlp.gated, "feed-forward networks without a gate"),
        (mlp.activation == Activation::ClampedSwiglu, "gates that are clamped"),
        (mlp.activation == Activation::ReluSquared, "squares"),
        (config.alibi.is_some(), "biases of scores by position"),
        (config.latent.is_some(), "latent attention"),
        (config.altup.is_some(), "several residual streams"),
        (config.learned_positions, "learned positions"),
        (config.embedding_width.is_some(), "narrow embeddings"),
        (config.embedding_norm, "norms of embeddings"),
        (config.head_bias, "a bias of the output head"),
        (
            local.is_some_and(|local| local.rotated != config.rope.rotated),
            "layers that rotate different numbers of channels",
        ),
    ];
    missing.into_iter().find(|(is_there, _)| *is_there).map(|(_, name)| name)
}

/// The shape of a decoder. `None` if plans have not all of its parts, or the weights are those
/// of another model.
pub fn shape<M: Formatted>(
    config: &Config,
    weights: DecoderView<'_, M>,
    cache: CacheNumbers,
) -> Option<ModelShape> {
    if missing_part(config).is_some() || weights.layers.len() != config.layers.len() {
        return None;
    }
    let layers = weights.layers.iter().map(|layer| {
        let (attention, mlp) = (attention(layer)?, mlp(layer)?);
        let local = layer.kind.window.is_some() && config.local_rope.is_some();
        Some(LayerShape {
            window: layer.kind.window,
            angles: layer.kind.rope.then_some(usize::from(local)),
            formats: LayerFormats {
                query: attention.q_proj.weight.format(),
                key: attention.k_proj.as_ref()?.weight.format(),
                value: attention.v_proj.as_ref()?.weight.format(),
                output: attention.o_proj.weight.format(),
                gate: mlp.gate_proj.as_ref()?.weight.format(),
                up: mlp.up_proj.weight.format(),
                down: mlp.down_proj.weight.format(),
            },
            qkv_bias: attention.q_proj.bias.is_some(),
            output_bias: attention.o_proj.bias.is_some(),
            mlp_bias: mlp.up_proj.bias.is_some(),
        })
    });
    Some(ModelShape {
        hidden_size: config.hidden_size,
        intermediate_size: config.intermediate_size,
        vocab_size: config.vocab_size,
        heads: AttentionShape {
            heads: config.num_attention_heads,
            kv_heads: config.num_key_value_heads,
            head_dim: config.head_dim,
        },
        structure: match config.block {
            Block::PreNorm => Structure::PreNorm,
            Block::PostNorm => Structure::PostNorm,
            Block::Sandwich => Structure::Sandwich,
            _ => return None,
        },
        epsilon: config.norm.epsilon as f32,
        head_norm: match config.attention.qk_norm {
            QkNorm::None => HeadNorm::None,
            QkNorm::Heads => HeadNorm::Each,
            QkNorm::Whole => HeadNorm::Whole,
            QkNorm::EachHead | QkNorm::HeadsRotated => return None,
        },
        interleaved: config.rope.interleaved,
        rotated_pairs: config.rope.rotated / 2,
        score_scale: config.attention.scale as f32,
        score_cap: config.attention.cap,
        gate: match config.mlp.activation {
            Activation::Silu => GateFunction::Silu,
            Activation::Gelu => GateFunction::Gelu,
            Activation::GeluTanh => GateFunction::GeluTanh,
            Activation::Relu => GateFunction::Relu,
            Activation::ReluSquared | Activation::ClampedSwiglu => return None,
        },
        embedding_scale: config.scales.embedding as f32,
        residual_scale: config.scales.residual as f32,
        logit_scale: config.scales.logits as f32,
        logit_cap: config.logit_cap,
        cache,
        embedding: weights.embed_tokens.format(),
        head: weights.lm_head.map(M::format),
        layers: layers.collect::<Option<_>>()?,
    })
}

/// A matrix of a decoder, if it has it.
pub fn matrix<M>(weights: DecoderView<'_, M>, id: MatrixId) -> Option<&M> {
    match id {
        MatrixId::Embedding => Some(weights.embed_tokens),
        MatrixId::Head => weights.lm_head,
        MatrixId::Layer(layer, role) => {
            Some(&projection(weights.layers.get(layer)?, role)?.weight)
        }
    }
}

/// Numbers of a decoder, if it has them.
pub fn numbers<M>(weights: DecoderView<'_, M>, id: NumbersId) -> Option<&[f32]> {
    let NumbersId::Layer(layer, role) = id else { return Some(&weights.norm.weight) };
    let layer = weights.layers.get(layer)?;
    match role {
        NumbersRole::InputNorm => of_norm(&layer.input_norm),
        NumbersRole::MixedNorm => of_norm(&layer.mixed_norm),
        NumbersRole::MlpNorm => of_norm(&layer.mlp_norm),
        NumbersRole::MlpOutputNorm => of_norm(&layer.mlp_output_norm),
        NumbersRole::QueryNorm => Some(&attention(layer)?.qk_norm.as_ref()?.0.weight),
        NumbersRole::KeyNorm => Some(&attention(layer)?.qk_norm.as_ref()?.1.weight),
        NumbersRole::Bias(role) => projection(layer, role)?.bias.as_deref(),
    }
}

fn of_norm(norm: &Option<NormWeights>) -> Option<&[f32]> {
    norm.as_ref().map(|norm| norm.weight.as_slice())
}

fn attention<M>(layer: &LayerWeights<M>) -> Option<&AttentionWeights<M>> {
    match &layer.mixer {
        MixerWeights::Attention(weights) => Some(weights),
        _ => None,
    }
}

fn mlp<M>(layer: &LayerWeights<M>) -> Option<&MlpWeights<M>> {
    match &layer.mlp {
        FeedForward::Dense(weights) => Some(weights),
        _ => None,
    }
}

fn projection<M>(layer: &LayerWeights<M>, role: MatrixRole) -> Option<&Projection<M>> {
    let (attention, mlp) = (attention(layer)?, mlp(layer)?);
    match role {
        MatrixRole::Query => Some(&attention.q_proj),
        MatrixRole::Key => attention.k_proj.as_ref(),
        MatrixRole::Value => attention.v_proj.as_ref(),
        MatrixRole::Output => Some(&attention.o_proj),
        MatrixRole::Gate => mlp.gate_proj.as_ref(),
        MatrixRole::Up => Some(&mlp.up_proj),
        MatrixRole::Down => Some(&mlp.down_proj),
    }
}

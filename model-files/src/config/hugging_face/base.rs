//! What most families have in common: Llama's configuration, with the most usual names of
//! fields.

use super::fields::Fields;
use super::rope;
use crate::config::{
    Activation, AttentionConfig, Block, Config, LayerKind, MlpConfig, NormConfig,
    NormKind, QkNorm, Scales,
};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

/// The configuration of a Llama with the sizes in the fields.
pub(super) fn base(architecture: &str, fields: Fields<'_>) -> Result<Config> {
    base_with(architecture, fields, &|_| None)
}

/// As [`base`], for files that leave out sizes that are transformers' `defaults`.
pub(super) fn base_with(
    architecture: &str,
    fields: Fields<'_>,
    defaults: &dyn Fn(&str) -> Option<usize>,
) -> Result<Config> {
    let size = |names: &[&str]| match fields.first(names)?.or_else(|| defaults(names[0]))
    {
        Some(size) => Ok(size),
        None => fields.need(names),
    };
    let hidden_size = size(&["hidden_size", "n_embd", "d_model", "n_embed"])?;
    let heads = size(&["num_attention_heads", "n_head", "num_heads", "n_heads"])?;
    let layer_count = size(&["num_hidden_layers", "n_layer", "num_layers", "n_layers"])?;
    // Checked before a list of this length is allocated.
    if layer_count > 1 << 10 {
        return Err(invalid_config(format!("it has {layer_count} layers")));
    }
    let head_dim: Option<usize> = fields.get("head_dim")?;
    let head_dim = match head_dim.or_else(|| defaults("head_dim")) {
        Some(head_dim) => head_dim,
        None if heads > 0 && hidden_size.is_multiple_of(heads) => hidden_size / heads,
        None => {
            return Err(invalid_config(format!(
                "hidden_size {hidden_size} does not divide into {heads} heads"
            )));
        }
    };
    let context_length = fields
        .get("max_position_embeddings")?
        .or_else(|| defaults("max_position_embeddings"))
        .unwrap_or(2048);
    let activation: Option<String> =
        fields.first(&["hidden_activation", "hidden_act"])?;
    let epsilon = fields.first(&["rms_norm_eps", "layer_norm_eps"])?;
    Ok(Config {
        architecture: architecture.to_owned(),
        calls_itself: None,
        family: Family::Llama,
        hidden_size,
        intermediate_size: fields
            .first(&["intermediate_size", "n_inner"])?
            .or_else(|| defaults("intermediate_size"))
            .unwrap_or(hidden_size.saturating_mul(4)),
        num_hidden_layers: layer_count,
        num_attention_heads: heads,
        num_key_value_heads: fields
            .get("num_key_value_heads")?
            .or_else(|| defaults("num_key_value_heads"))
            .unwrap_or(heads),
        head_dim,
        vocab_size: size(&["vocab_size"])?,
        context_length,
        norm: NormConfig {
            kind: NormKind::Rms,
            epsilon: epsilon.unwrap_or(1e-6),
            weights: true,
            bias: false,
            offset: 0.0,
        },
        block: Block::PreNorm,
        attention: AttentionConfig {
            qkv_bias: fields.is_on("attention_bias")?,
            output_bias: fields.is_on("attention_bias")?,
            qk_norm: QkNorm::None,
            scale: 1.0 / (head_dim as f64).sqrt(),
            cap: None,
            clip: None,
            sinks: false,
            gated: false,
            value_norm: false,
        },
        mlp: MlpConfig {
            gated: true,
            activation: self::activation(activation.as_deref().unwrap_or("silu"))?,
            bias: fields.is_on("mlp_bias")?,
            output_gate: false,
        },
        experts: None,
        alibi: None,
        rope: rope::config(fields, head_dim, context_length, rope::Defaults::default())?,
        local_rope: None,
        learned_positions: false,
        embedding_norm: false,
        convolution_taps: 0,
        convolution_bias: false,
        latent: None,
        embedding_width: None,
        recurrence: None,
        altup: None,
        scales: Scales::NONE,
        logit_cap: None,
        head_bias: false,
        tie_word_embeddings: fields.get("tie_word_embeddings")?,
        layers: vec![LayerKind::ATTENTION; layer_count],
        end_of_generation: fields.ends(),
    })
}

/// An activation function by its name in transformers' `activations.py`.
pub(super) fn activation(name: &str) -> Result<Activation> {
    Ok(match name {
        "silu" | "swish" => Activation::Silu,
        "gelu" | "gelu_python" => Activation::Gelu,
        "gelu_new" | "gelu_fast" | "gelu_pytorch_tanh" | "gelu_python_tanh" => {
            Activation::GeluTanh
        }
        "relu" => Activation::Relu,
        "relu2" | "sqrelu" => Activation::ReluSquared,
        other => {
            return Err(invalid_config(format!(
                "the activation {other:?} is not supported"
            )));
        }
    })
}

/// Whether each layer has a sliding window by `layer_types`; `None` if that is missing.
pub(super) fn sliding(fields: Fields<'_>, count: usize) -> Result<Option<Vec<bool>>> {
    let types: Option<Vec<String>> = fields.get("layer_types")?;
    let Some(types) = types else { return Ok(None) };
    check_length("layer_types", types.len(), count)?;
    Ok(Some(types.iter().map(|kind| kind == "sliding_attention").collect()))
}

/// Checks that a list has an entry for each layer.
pub(super) fn check_length(name: &str, length: usize, count: usize) -> Result<()> {
    match length == count {
        true => Ok(()),
        false => {
            Err(invalid_config(format!("{name} has {length} entries for {count} layers")))
        }
    }
}

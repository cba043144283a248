//! GPT-2 (Radford et al., 2019) and GPT-NeoX (arXiv:2204.06745).

use super::base::{activation, base};
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, LayerKind, NormKind};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

pub(super) fn gpt2(fields: Fields<'_>) -> Result<Config> {
    for other in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
        if fields.is_on(other)? {
            return Err(invalid_config(format!("{other} is not supported")));
        }
    }
    let mut config = base("gpt2", fields)?;
    config.family = Family::Gpt2;
    config.context_length = fields.get("n_positions")?.unwrap_or(1024);
    if !fields.get("scale_attn_weights")?.unwrap_or(true) {
        config.attention.scale = 1.0;
    }
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    let act: Option<String> = fields.get("activation_function")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_new"))?;
    config.attention.qkv_bias = true;
    config.attention.output_bias = true;
    config.learned_positions = true;
    config.layers.fill(LayerKind { rope: false, ..LayerKind::ATTENTION });
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

pub(super) fn gpt_neox(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("gpt_neox", fields)?;
    config.family = Family::GptNeox;
    if fields.get("use_parallel_residual")?.unwrap_or(true) {
        config.block = Block::ParallelTwoNorms;
    }
    set_gpt_defaults(&mut config, fields, "layer_norm_eps")?;
    let act: Option<String> = fields.get("hidden_act")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu"))?;
    let bias = fields.get("attention_bias")?.unwrap_or(true);
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    let defaults = rope::Defaults { rotated: 0.25, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    config.tie_word_embeddings.get_or_insert(false);
    Ok(config)
}

/// Sets as many key/value heads as query heads, layer norms with biases, and an MLP with
/// biases and without a gate.
fn set_gpt_defaults(
    config: &mut Config,
    fields: Fields<'_>,
    epsilon: &str,
) -> Result<()> {
    config.num_key_value_heads = config.num_attention_heads;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get(epsilon)?.unwrap_or(1e-5);
    config.mlp.gated = false;
    config.mlp.bias = true;
    Ok(())
}

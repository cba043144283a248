//! Models of code: StarCoder 2 (arXiv:2402.19173) and GPT-BigCode (arXiv:2301.03988).

use super::base::{activation, base};
use super::fields::Fields;
use super::gpt::set_gpt_defaults;
use crate::config::{Config, LayerKind, NormKind};
use crate::error::{Result, invalid_config};
use crate::family::Family;

pub(super) fn starcoder2(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("starcoder2", fields)?;
    config.family = Family::Starcoder2;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("norm_epsilon")?.unwrap_or(1e-5);
    let bias = fields.get("use_bias")?.unwrap_or(true);
    config.attention.qkv_bias = bias;
    config.attention.output_bias = bias;
    config.mlp.bias = bias;
    config.mlp.gated = false;
    let act: Option<String> = fields.get("hidden_act")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_pytorch_tanh"))?;
    config.tie_word_embeddings.get_or_insert(true);
    let window = fields.get("sliding_window")?;
    config.layers.fill(LayerKind { window, ..LayerKind::ATTENTION });
    Ok(config)
}

pub(super) fn gpt_bigcode(fields: Fields<'_>) -> Result<Config> {
    if fields.is_on("add_cross_attention")? {
        return Err(invalid_config("add_cross_attention is not supported"));
    }
    let mut config = base("gpt_bigcode", fields)?;
    config.family = Family::GptBigcode;
    config.context_length = fields.get("n_positions")?.unwrap_or(1024);
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    if fields.get("multi_query")?.unwrap_or(true) {
        config.num_key_value_heads = 1;
    }
    if !fields.get("scale_attn_weights")?.unwrap_or(true) {
        config.attention.scale = 1.0;
    }
    let act: Option<String> = fields.get("activation_function")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_pytorch_tanh"))?;
    config.attention.qkv_bias = true;
    config.attention.output_bias = true;
    config.learned_positions = true;
    config.layers.fill(LayerKind { rope: false, ..LayerKind::ATTENTION });
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

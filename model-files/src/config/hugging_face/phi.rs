//! Phi-1.5 and 2, and Phi-3.

use super::base::{activation, base};
use super::fields::Fields;
use super::rope;
use crate::config::{Block, Config, LayerKind, NormKind, QkNorm};
use crate::error::Result;
use crate::family::Family;

pub(super) fn phi(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("phi", fields)?;
    config.family = Family::Phi;
    config.block = Block::Parallel;
    config.norm.kind = NormKind::Layer;
    config.norm.bias = true;
    config.norm.epsilon = fields.get("layer_norm_eps")?.unwrap_or(1e-5);
    config.attention.qkv_bias = true;
    config.attention.output_bias = true;
    if fields.is_on("qk_layernorm")? {
        config.attention.qk_norm = QkNorm::Heads;
    }
    config.mlp.gated = false;
    config.mlp.bias = true;
    let act: Option<String> = fields.get("hidden_act")?;
    config.mlp.activation = activation(act.as_deref().unwrap_or("gelu_new"))?;
    let defaults = rope::Defaults { rotated: 0.5, ..Default::default() };
    let context = config.context_length;
    config.rope = rope::config(fields, config.head_dim, context, defaults)?;
    config.head_bias = true;
    config.tie_word_embeddings.get_or_insert(false);
    Ok(config)
}

pub(super) fn phi3(fields: Fields<'_>) -> Result<Config> {
    let mut config = base("phi3", fields)?;
    config.family = Family::Phi3;
    config.norm.epsilon = fields.get("rms_norm_eps")?.unwrap_or(1e-5);
    let window: Option<usize> = fields.get("sliding_window")?;
    config.layers.fill(LayerKind { window, ..LayerKind::ATTENTION });
    Ok(config)
}

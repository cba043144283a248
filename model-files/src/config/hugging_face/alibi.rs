//! Bloom (arXiv:2211.05100) and MPT, which have biases of scores instead of embeddings of
//! positions.

use super::base::base;
use super::fields::Fields;
use super::gpt::set_gpt_defaults;
use crate::config::{Activation, Alibi, Config, LayerKind};
use crate::error::Result;
use crate::error::invalid_config;
use crate::family::Family;

const NO_ROPE: LayerKind = LayerKind { rope: false, ..LayerKind::ATTENTION };

pub(super) fn bloom(fields: Fields<'_>) -> Result<Config> {
    if fields.is_on("apply_residual_connection_post_layernorm")? {
        return Err(invalid_config(
            "apply_residual_connection_post_layernorm is not supported",
        ));
    }
    let mut config = base("bloom", fields)?;
    config.family = Family::Bloom;
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    config.attention.qkv_bias = true;
    config.attention.output_bias = true;
    config.mlp.activation = Activation::GeluTanh;
    config.intermediate_size = config.hidden_size.saturating_mul(4);
    // What it was trained with; biases of scores have no end.
    config.context_length = fields.get("seq_length")?.unwrap_or(2048);
    config.embedding_norm = true;
    config.alibi = Some(Alibi::geometric(config.num_attention_heads)?);
    config.layers.fill(NO_ROPE);
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}

pub(super) fn mpt(fields: Fields<'_>) -> Result<Config> {
    let attention = fields.object("attn_config")?;
    let of_attention = |name: &str| attention.map_or(Ok(false), |part| part.is_on(name));
    let kind: Option<String> =
        attention.map(|part| part.get("attn_type")).transpose()?.flatten();
    let refusals = [
        (
            kind.is_some_and(|kind| kind != "multihead_attention"),
            "attention other than multihead_attention",
        ),
        (of_attention("prefix_lm")?, "prefix_lm"),
        (of_attention("qk_ln")?, "qk_ln"),
        (!fields.get("no_bias")?.unwrap_or(true), "layers with biases"),
        (fields.has("logit_scale"), "logit_scale"),
    ];
    if let Some((_, what)) = refusals.iter().find(|(found, _)| *found) {
        return Err(invalid_config(format!("{what}: not supported")));
    }
    let number = |name: &str| -> Result<Option<f64>> {
        Ok(attention.map(|part| part.get(name)).transpose()?.flatten())
    };
    if !attention.map_or(Ok(None), |part| part.get("alibi"))?.unwrap_or(true) {
        return Err(invalid_config("MPT without alibi is not supported"));
    }
    let mut config = base("mpt", fields)?;
    config.family = Family::Mpt;
    set_gpt_defaults(&mut config, fields, "layer_norm_epsilon")?;
    config.norm.bias = false;
    config.mlp.bias = false;
    config.mlp.activation = Activation::Gelu;
    let ratio: usize = fields.get("expansion_ratio")?.unwrap_or(4);
    config.intermediate_size = config.hidden_size.saturating_mul(ratio);
    config.context_length = fields.get("max_seq_len")?.unwrap_or(2048);
    config.attention.clip = number("clip_qkv")?.map(|clip| clip as f32);
    if let Some(scale) = number("softmax_scale")? {
        config.attention.scale = scale;
    }
    let most = number("alibi_bias_max")?.unwrap_or(8.0);
    config.alibi = Some(Alibi::of_mpt(config.num_attention_heads, most)?);
    config.layers.fill(NO_ROPE);
    config.tie_word_embeddings.get_or_insert(true);
    Ok(config)
}
